package org.millrace.webapi.openai;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.CompletionRequest.Prompt;
import org.millrace.serving.api.CompletionRequest.Text;
import org.millrace.serving.api.CompletionRequest.Tokens;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.json.Fields;
import org.millrace.webapi.json.Value;
import org.millrace.webapi.tool.ToolUse;

/** Reads the body of {@code POST /v1/completions}. */
public final class TextReader {
  /** What this endpoint has always generated where nothing is said. */
  private static final int MAX_TOKENS_DEFAULT = 16;

  private static final int LOGPROBS_MAX = 5;
  private static final int PROMPTS_MAX = 1_024;
  private static final String PROMPT_TYPES =
      "a string, an array of strings, an array of token ids or an array of arrays of token ids";
  private static final Map<String, Predicate<Value>> UNSUPPORTED = unsupported();

  private TextReader() {}

  public static Ask read(String requestId, Map<String, @Nullable Object> members) {
    var body = Fields.of(members);
    var model = Parameters.model(body);
    var prompts = prompts(body.required("prompt"));
    Parameters.refuseUnsupported(body, UNSUPPORTED);
    Parameters.checkAnnotations(body);
    var choices = Parameters.choices(body);
    refuseBestOf(body, choices);
    var logprobs = body.whole("logprobs", 0, LOGPROBS_MAX);
    var stream = body.flag("stream", false);
    var maxTokens = body.whole("max_tokens", 1, Integer.MAX_VALUE);
    var request =
        new CompletionRequest(
            requestId,
            model,
            prompts,
            choices,
            maxTokens == null ? Integer.valueOf(MAX_TOKENS_DEFAULT) : maxTokens,
            Parameters.stops(body),
            Parameters.sampling(body, logprobs != null, logprobs == null ? 0 : logprobs),
            Formats.read(body));
    return new Ask(
        request,
        stream,
        Parameters.includeUsage(body, stream),
        echoes(body, prompts, logprobs),
        ToolUse.NONE);
  }

  private static List<Prompt> prompts(Value prompt) {
    if (prompt.isText()) {
      return List.of(new Text(prompt.text()));
    }
    var elements = prompt.elements(PROMPT_TYPES);
    if (elements.isEmpty()) {
      throw prompt.invalid("expected at least one prompt, but got none.");
    }
    if (elements.getFirst().isWhole()) {
      return List.of(tokens(elements));
    }
    if (elements.size() > PROMPTS_MAX) {
      throw prompt.invalid(
          "%d prompts were given; the limit is %d.".formatted(elements.size(), PROMPTS_MAX));
    }
    // The first element says which of the two it is; a mixture is refused at the element that
    // differs.
    var texts = elements.getFirst().isText();
    return elements.stream()
        .<Prompt>map(element ->
            texts ? new Text(element.text()) : tokens(element.elements("an array of token ids")))
        .toList();
  }

  private static Tokens tokens(List<Value> elements) {
    var ids = new ArrayList<Integer>(elements.size());
    for (var element : elements) {
      ids.add(element.whole(0, Integer.MAX_VALUE));
    }
    return new Tokens(ids);
  }

  private static List<String> echoes(
      Fields body, List<Prompt> prompts, @Nullable Integer logprobs) {
    if (!body.flag("echo", false)) {
      return List.of();
    }
    if (logprobs != null) {
      throw new ApiException(
          ApiError.UNSUPPORTED_PARAMETER,
          "Unsupported combination: 'echo' together with 'logprobs' is not supported by this server.",
          "echo");
    }
    return prompts.stream().map(TextReader::echo).toList();
  }

  private static String echo(Prompt prompt) {
    if (prompt instanceof Text text) {
      return text.text();
    }
    throw new ApiException(
        ApiError.UNSUPPORTED_PARAMETER,
        "Unsupported combination: 'echo' with a prompt of token ids is not supported by this server; send the prompt as text.",
        "echo");
  }

  private static void refuseBestOf(Fields body, int choices) {
    var bestOf = body.whole("best_of", 1, Parameters.CHOICES_MAX);
    if (bestOf != null && bestOf != choices) {
      throw new ApiException(
          ApiError.UNSUPPORTED_PARAMETER,
          "Unsupported value: 'best_of' is %d and 'n' is %d; this server supports 'best_of' equal to 'n'."
              .formatted(bestOf, choices),
          "best_of");
    }
  }

  private static Map<String, Predicate<Value>> unsupported() {
    var names = new HashMap<>(Parameters.EXTENSIONS_UNSUPPORTED);
    names.put("suffix", Parameters::isEmptyText);
    return Map.copyOf(names);
  }
}
