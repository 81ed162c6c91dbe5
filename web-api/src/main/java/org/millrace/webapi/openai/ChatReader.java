package org.millrace.webapi.openai;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.CompletionRequest.Chat;
import org.millrace.webapi.json.Fields;
import org.millrace.webapi.json.Value;

/**
 * Reads the body of {@code POST /v1/chat/completions}. Unknown members are ignored, as new clients
 * send new ones; known ones that are not supported are refused by name.
 */
public final class ChatReader {
  private static final Map<String, Predicate<Value>> UNSUPPORTED = unsupported();

  private ChatReader() {}

  public static Ask read(String requestId, Map<String, @Nullable Object> members) {
    var body = Fields.of(members);
    var model = Parameters.model(body);
    var messages = Messages.read(body);
    Parameters.refuseUnsupported(body, UNSUPPORTED);
    Parameters.checkAnnotations(body);
    requireText(body);
    var stream = body.flag("stream", false);
    var tools = Tools.read(body);
    var format = Formats.read(body);
    var request =
        new CompletionRequest(
            requestId,
            model,
            List.of(new Chat(messages, tools.offered())),
            Parameters.choices(body),
            maxTokens(body),
            Parameters.stops(body),
            Parameters.sampling(body, body.flag("logprobs", false), topLogprobs(body)),
            // A call that must be made is no answer that response_format could describe.
            tools.format() == null ? format : tools.format());
    return new Ask(request, stream, Parameters.includeUsage(body, stream), List.of(), tools.use());
  }

  private static @Nullable Integer maxTokens(Fields body) {
    var older = body.whole("max_tokens", 1, Integer.MAX_VALUE);
    var newer = body.whole("max_completion_tokens", 1, Integer.MAX_VALUE);
    if (older != null && newer != null) {
      throw body.value("max_tokens")
          .invalid("it cannot be given together with 'max_completion_tokens'.");
    }
    return newer == null ? older : newer;
  }

  private static int topLogprobs(Fields body) {
    var top = body.whole("top_logprobs", 0, Parameters.TOP_LOGPROBS_MAX);
    if (top != null && top > 0 && !body.flag("logprobs", false)) {
      throw body.value("top_logprobs").invalid("it is only allowed when 'logprobs' is true.");
    }
    return top == null ? 0 : top;
  }

  private static void requireText(Fields body) {
    for (var modality : body.elements("modalities")) {
      if (!modality.text().equals("text")) {
        throw modality.invalid("this server's models answer in 'text' only.");
      }
    }
  }

  private static Map<String, Predicate<Value>> unsupported() {
    var names = new HashMap<>(Parameters.EXTENSIONS_UNSUPPORTED);
    names.put("audio", Parameters::never);
    names.put("web_search_options", Parameters::never);
    names.put("functions", Parameters::isEmptyArray);
    names.put("function_call", value -> "none".equals(value.content()));
    names.put("echo", Parameters::isFalse);
    names.put("best_of", Parameters::never);
    return Map.copyOf(names);
  }
}
