package org.millrace.inference.grammar;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPInputStream;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.Tokenizer;

/** Real vocabularies; a test that needs one is skipped visibly where they are missing. */
final class Vocabularies {
  private static final Path FOLDER =
      Path.of(
              Optional.ofNullable(System.getenv("MILLRACE_CONFORMANCE"))
                  .orElse("../../shared/conformance"))
          .resolve("tokenizer");
  private static final Map<String, Tokenizer> LOADED = new ConcurrentHashMap<>();

  private Vocabularies() {}

  /** Llama 3's 128,256 tokens. */
  static Tokenizer llama3() {
    return named("llama-bpe");
  }

  static Tokenizer named(String name) {
    assumeTrue(
        Files.isDirectory(FOLDER),
        () -> "no conformance data at " + FOLDER.toAbsolutePath() + "; set MILLRACE_CONFORMANCE");
    return LOADED.computeIfAbsent(name, Vocabularies::load);
  }

  private static Tokenizer load(String name) {
    try {
      Path file = Files.createTempFile(name, ".gguf");
      try (var in =
          new GZIPInputStream(Files.newInputStream(FOLDER.resolve(name + ".vocab.gguf.gz")))) {
        Files.write(file, in.readAllBytes());
        return ModelFiles.tokenizer(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
