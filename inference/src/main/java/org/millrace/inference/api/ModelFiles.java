package org.millrace.inference.api;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.millrace.inference.gguf.GgufFile;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.synthetic.SyntheticModel;
import org.millrace.inference.template.ChatTemplate;
import org.millrace.inference.template.ChatTemplates;
import org.millrace.inference.template.jinja.JinjaException;
import org.millrace.inference.tokenizer.Tokenizers;

/** What can be done with a model file without running it. Thread-safe. */
public final class ModelFiles {
  private ModelFiles() {}

  /**
   * The file's tokenizer; a vocabulary-only file is enough.
   *
   * @throws ModelLoadException when the file is missing or malformed, or the tokenizer is not
   *     supported
   */
  public static Tokenizer tokenizer(Path file) {
    try (GgufFile gguf = GgufFile.open(file)) {
      return Tokenizers.of(gguf);
    }
  }

  /**
   * The file's chat encoder; a vocabulary-only file is enough.
   *
   * @throws ModelLoadException as {@link #tokenizer}, and when the template is no Jinja
   */
  public static ChatEncoder chat(Path file) {
    try (GgufFile gguf = GgufFile.open(file)) {
      return ChatTemplates.of(gguf, Tokenizers.of(gguf));
    }
  }

  /**
   * The longest sequence the model was made for.
   *
   * @throws ModelLoadException when the file is missing or malformed, or does not say
   */
  public static long contextTokens(Path file) {
    try (GgufFile gguf = GgufFile.open(file)) {
      return gguf.integer(gguf.string("general.architecture") + ".context_length");
    }
  }

  /** The source of the file's chat template, if it brings one. */
  public static Optional<String> chatTemplate(Path file) {
    try (GgufFile gguf = GgufFile.open(file)) {
      return ChatTemplates.source(gguf);
    }
  }

  /**
   * Renders any template source.
   *
   * @param bos the text of the BOS token, empty for none
   * @param eos the text of the EOS token, empty for none
   * @param more further variables for the template, plain JSON by name
   * @throws InvalidRequestException when the source is no template, or refuses the conversation
   */
  public static String render(
      String source, String bos, String eos, Conversation conversation, Map<String, Object> more) {
    try {
      var template =
          new ChatTemplate(source, bos, eos, InstantSource.system(), ZoneId.systemDefault());
      return template.render(conversation, more).value();
    } catch (JinjaException broken) {
      throw new InvalidRequestException("template", broken.kind() + ": " + broken.detail());
    }
  }

  /**
   * How many bytes of weights one step over {@code sequences} sequences of one token each must
   * read: every matrix once, of the embedding table only where it is also the output, and of
   * experts as many as are expected to be routed to.
   *
   * @throws ModelLoadException when the file is missing or malformed
   */
  public static long weightBytesPerStep(Path file, int sequences) {
    try (GgufFile gguf = GgufFile.open(file)) {
      boolean tied = gguf.tensor("output.weight").isEmpty();
      String prefix = gguf.string("general.architecture") + ".expert_";
      double experts = Math.max(1, gguf.integer(prefix + "count", 1));
      double used = Math.min(experts, gguf.integer(prefix + "used_count", 1));
      double routed = 1 - Math.pow(1 - used / experts, sequences);
      double bytes = 0;
      for (GgufTensor tensor : gguf.tensors()) {
        boolean unread = tensor.name().equals("token_embd.weight") && !tied;
        double share = tensor.name().contains("_exps.") ? routed : 1;
        bytes += unread ? 0 : share * tensor.data().byteSize();
      }
      return (long) bytes;
    }
  }

  /** The shapes that {@link #synthesize} knows. */
  public static List<String> syntheticShapes() {
    return SyntheticModel.shapes();
  }

  /** The quantizations that {@link #synthesize} knows. */
  public static List<String> syntheticQuantizations() {
    return SyntheticModel.quantizations();
  }

  /**
   * Writes a model with random weights and real metadata, piece by piece. The same arguments give
   * the same bytes.
   *
   * @param progress is told how many thousandths are written
   * @throws IllegalArgumentException when shape or quantization is not known; the message names
   *     those that are
   * @throws IOException when the file cannot be written; what was written is deleted
   */
  public static void synthesize(
      String shape, String quantization, long seed, Path file, LongConsumer progress)
      throws IOException {
    var model = SyntheticModel.of(shape, quantization, seed);
    long[] done = new long[1];
    model.writeTo(
        file,
        bytes -> {
          done[0] += bytes;
          progress.accept(done[0] * 1000 / model.weightBytes());
        });
  }
}
