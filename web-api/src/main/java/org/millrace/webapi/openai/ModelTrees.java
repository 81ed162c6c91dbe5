package org.millrace.webapi.openai;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.Models.ServedModel;
import org.millrace.webapi.json.Tree;

/** Models as OpenAI's API shows them, with what is known of them beside. */
public final class ModelTrees {
  private ModelTrees() {}

  public static Map<String, @Nullable Object> list(List<ServedModel> models) {
    return Tree.of("object", "list")
        .with("data", models.stream().map(ModelTrees::one).toList())
        .members();
  }

  public static Map<String, @Nullable Object> one(ServedModel model) {
    return Tree.of("id", model.name())
        .with("object", "model")
        .with("created", model.loadedAt().getEpochSecond())
        .with("owned_by", "millrace")
        .with("architecture", model.architecture())
        .with("quantization", model.quantization())
        .with("parameters", model.parameters())
        .with("max_model_len", model.contextTokens())
        .with("max_completion_tokens", model.maxCompletionTokens())
        .members();
  }

  /** The same for the same weights in the same quantization. */
  public static String fingerprint(ServedModel model) {
    var sum = new CRC32C();
    var facts =
        String.join(
            "|",
            model.name(),
            model.architecture(),
            model.quantization(),
            Long.toString(model.parameters()));
    sum.update(facts.getBytes(StandardCharsets.UTF_8));
    return "fp_" + HexFormat.of().toHexDigits(sum.getValue(), 10);
  }
}
