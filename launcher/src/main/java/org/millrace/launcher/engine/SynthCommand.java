package org.millrace.launcher.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.ModelFiles;
import org.millrace.launcher.console.LaunchException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace synth}. */
@Command(
    name = "synth",
    description = "Write a GGUF with random weights and real metadata, for speed tests.",
    mixinStandardHelpOptions = true)
public final class SynthCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--shape",
      required = true,
      paramLabel = "NAME",
      description = "e.g. llama-3.1-8b, llama-3.2-1b, mixtral-mini, qwen3-8b, tiny")
  private String shape = "";

  @Option(
      names = "--quant",
      required = true,
      paramLabel = "TYPE",
      description = "e.g. Q4_0, Q4_K_M, Q8_0, F16, F32")
  private String quant = "";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "F",
      description = "The file to write; an existing one is replaced")
  private Path out = Path.of("");

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "The same seed gives the same file; default: ${DEFAULT-VALUE}")
  private long seed = 1;

  @Override
  public Integer call() throws IOException {
    checkName("--shape", shape.toLowerCase(Locale.ROOT), ModelFiles.syntheticShapes());
    checkName("--quant", quant.toUpperCase(Locale.ROOT), ModelFiles.syntheticQuantizations());
    long start = System.nanoTime();
    try (var patience = Patience.with("writing " + out)) {
      ModelFiles.synthesize(
          shape.toLowerCase(Locale.ROOT),
          quant,
          seed,
          out,
          thousandths -> patience.at(thousandths / 10 + "%"));
    } catch (IOException unwritable) {
      throw new LaunchException(out + ": cannot be written: " + unwritable, unwritable);
    }
    System.err.println(
        String.format(
            Locale.ROOT,
            "wrote %s: %.2f GB in %.1f s",
            out,
            Files.size(out) / 1e9,
            (System.nanoTime() - start) / 1e9));
    return 0;
  }

  private void checkName(String option, String name, java.util.List<String> known) {
    if (!known.contains(name)) {
      throw new ParameterException(
          java.util.Objects.requireNonNull(spec).commandLine(),
          "%s \"%s\" is not known; known are %s".formatted(option, name, String.join(", ", known)));
    }
  }
}
