package org.millrace.launcher.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.Conversation;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.Tokenizer;
import org.millrace.launcher.console.LaunchException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace template}. */
@Command(
    name = "template",
    description = "Render a conversation with a chat template; nothing is printed but the prompt.",
    mixinStandardHelpOptions = true)
public final class TemplateCommand implements Callable<Integer> {
  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  @Option(
      names = "--conversation",
      required = true,
      paramLabel = "C.json",
      description =
          "An object with messages, and perhaps tools, add_generation_prompt and whatever else the template reads; - for stdin")
  private Path conversation = Path.of("");

  @Option(
      names = "--bos",
      paramLabel = "S",
      description = "Text of the BOS token; default: the model's, or none")
  private @Nullable String bos;

  @Option(
      names = "--eos",
      paramLabel = "S",
      description = "Text of the EOS token; default: the model's, or none")
  private @Nullable String eos;

  /** Where the template comes from. */
  static final class Source {
    @Option(
        names = "--file",
        required = true,
        paramLabel = "T.jinja",
        description = "The template's source")
    private @Nullable Path file;

    @Option(
        names = "--model",
        required = true,
        paramLabel = "F",
        description = "A GGUF file that brings a template")
    private @Nullable Path model;
  }

  @Override
  public Integer call() {
    Map<String, Object> given = readConversation();
    var messages = list(given, "messages");
    var tools = given.get("tools") == null ? List.<Map<String, Object>>of() : list(given, "tools");
    boolean prompt = given.get("add_generation_prompt") instanceof Boolean flag && flag;
    var more = new LinkedHashMap<>(given);
    List.of("messages", "tools", "add_generation_prompt").forEach(more::remove);
    Output.text(
        ModelFiles.render(
            template(),
            text(bos, true),
            text(eos, false),
            new Conversation(messages, tools, prompt),
            more));
    return 0;
  }

  private String template() {
    Path model = source.model;
    if (model == null) {
      return TextFile.read(java.util.Objects.requireNonNull(source.file));
    }
    return ModelFiles.chatTemplate(model)
        .orElseThrow(() ->
            new LaunchException(model + ": brings no chat template; name a template with --file"));
  }

  private String text(@Nullable String given, boolean first) {
    Path model = source.model;
    if (given != null || model == null) {
      return given == null ? "" : given;
    }
    Tokenizer tokenizer = ModelFiles.tokenizer(model);
    OptionalInt token = first ? tokenizer.bos() : tokenizer.eos();
    return token.isPresent() ? tokenizer.piece(token.getAsInt()) : "";
  }

  private Map<String, Object> readConversation() {
    try {
      return Output.JSON.readValue(TextFile.read(conversation), new TypeReference<>() {});
    } catch (JsonProcessingException broken) {
      throw new LaunchException(
          "%s: expected a JSON object with messages: %s"
              .formatted(conversation, broken.getOriginalMessage()),
          broken);
    }
  }

  private List<Map<String, Object>> list(Map<String, Object> given, String key) {
    try {
      return Output.JSON.convertValue(
          given.get(key) == null ? "" : given.get(key), new TypeReference<>() {});
    } catch (IllegalArgumentException wrong) {
      throw new LaunchException(
          "%s: %s must be an array of objects".formatted(conversation, key), wrong);
    }
  }
}
