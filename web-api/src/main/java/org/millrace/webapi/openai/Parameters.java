package org.millrace.webapi.openai;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionRequest.Sampling;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.json.Fields;
import org.millrace.webapi.json.Value;

/**
 * The parameters that chat and text completions share, with the ranges of OpenAI's API and the
 * names of vLLM's extensions.
 */
final class Parameters {
  static final int CHOICES_MAX = 128;
  static final int TOP_LOGPROBS_MAX = 20;
  private static final int STOPS_MAX = 4;
  private static final int STOP_CHARACTERS_MAX = 1_000;
  private static final int LOGIT_BIASES_MAX = 1_024;
  private static final int METADATA_MAX = 16;

  private Parameters() {}

  static String model(Fields body) {
    var model = body.required("model").text();
    if (model.isBlank() || model.length() > 256) {
      throw body.value("model").invalid("expected a model's name of 1 to 256 characters.");
    }
    return model;
  }

  static int choices(Fields body) {
    var choices = body.whole("n", 1, CHOICES_MAX);
    return choices == null ? 1 : choices;
  }

  static boolean includeUsage(Fields body, boolean stream) {
    var options = body.object("stream_options");
    if (options == null) {
      return false;
    }
    if (!stream) {
      throw body.value("stream_options").invalid("it is only allowed when 'stream' is true.");
    }
    return options.flag("include_usage", false);
  }

  static List<String> stops(Fields body) {
    var stop = body.value("stop");
    if (stop.isNull()) {
      return List.of();
    }
    var stops = stop.isText() ? List.of(stop) : stop.elements("a string or an array of strings");
    if (stops.size() > STOPS_MAX) {
      throw stop.invalid(
          "%d texts were given; the limit is %d.".formatted(stops.size(), STOPS_MAX));
    }
    return stops.stream().map(Parameters::stop).toList();
  }

  private static String stop(Value value) {
    var text = value.text();
    if (text.isEmpty() || text.length() > STOP_CHARACTERS_MAX) {
      throw value.invalid(
          "it has %d characters; expected 1 to %d.".formatted(text.length(), STOP_CHARACTERS_MAX));
    }
    return text;
  }

  static Sampling sampling(Fields body, boolean logprobs, int topLogprobs) {
    return new Sampling(
        body.decimal("temperature", "0", "2"),
        body.decimal("top_p", "0", "1"),
        topK(body),
        body.decimal("min_p", "0", "1"),
        repetitionPenalty(body),
        body.decimal("presence_penalty", "-2", "2"),
        body.decimal("frequency_penalty", "-2", "2"),
        body.given("seed").map(Value::whole).orElse(null),
        logitBias(body),
        logprobs,
        topLogprobs);
  }

  /** vLLM's clients send -1 for "off", as 0 does. */
  private static @Nullable Integer topK(Fields body) {
    var topK = body.whole("top_k", -1, Integer.MAX_VALUE);
    return topK == null ? null : Integer.valueOf(Math.max(0, topK));
  }

  private static @Nullable Float repetitionPenalty(Fields body) {
    var penalty = body.decimal("repetition_penalty", "0", "2");
    if (penalty != null && penalty == 0) {
      throw body.value("repetition_penalty").invalid("expected a value > 0, but got 0 instead.");
    }
    return penalty;
  }

  private static Map<Integer, Float> logitBias(Fields body) {
    var object = body.object("logit_bias");
    if (object == null) {
      return Map.of();
    }
    if (object.names().size() > LOGIT_BIASES_MAX) {
      throw body.value("logit_bias")
          .invalid(
              "%d tokens were given; the limit is %d."
                  .formatted(object.names().size(), LOGIT_BIASES_MAX));
    }
    var biases = new HashMap<Integer, Float>();
    for (var token : object.names()) {
      if (!token.matches("\\d{1,9}")) {
        throw body.value("logit_bias").invalid("expected token ids as names of its members.");
      }
      var bias = object.required(token).decimal("-100", "100");
      biases.put(Integer.valueOf(token), bias);
    }
    return biases;
  }

  /**
   * Members that say something about the request and change nothing of the answer: their types are
   * checked, no more.
   */
  static void checkAnnotations(Fields body) {
    body.text("user");
    body.flag("store", false);
    body.text("service_tier");
    body.text("safety_identifier");
    body.text("prompt_cache_key");
    var metadata = body.object("metadata");
    if (metadata != null) {
      if (metadata.names().size() > METADATA_MAX) {
        throw body.value("metadata")
            .invalid(
                "%d members were given; the limit is %d."
                    .formatted(metadata.names().size(), METADATA_MAX));
      }
      metadata.names().forEach(metadata::text);
    }
  }

  /**
   * Refuses what would change the answer and is not there yet; ignoring it would give a wrong
   * answer with a straight face.
   *
   * @param unsupported names, each with what its value may be without asking for anything
   */
  static void refuseUnsupported(Fields body, Map<String, Predicate<Value>> unsupported) {
    for (var name : body.names()) {
      var harmless = unsupported.get(name);
      var value = body.value(name);
      if (harmless != null && !value.isNull() && !harmless.test(value)) {
        throw new ApiException(
            ApiError.UNSUPPORTED_PARAMETER,
            "Unsupported parameter: '%s' is not supported by this server.".formatted(name),
            name);
      }
    }
  }

  static boolean isFalse(Value value) {
    return Boolean.FALSE.equals(value.content());
  }

  static boolean isEmptyText(Value value) {
    return "".equals(value.content());
  }

  static boolean isEmptyArray(Value value) {
    return value.isArray() && value.elements().isEmpty();
  }

  static boolean isZero(Value value) {
    return Long.valueOf(0).equals(value.content());
  }

  static boolean never(Value value) {
    return false;
  }

  /** vLLM's extensions that steer what may be generated. */
  static final Map<String, Predicate<Value>> EXTENSIONS_UNSUPPORTED =
      Map.ofEntries(
          Map.entry("guided_whitespace_pattern", Parameters::never),
          Map.entry("use_beam_search", Parameters::isFalse),
          Map.entry("ignore_eos", Parameters::isFalse),
          Map.entry("min_tokens", Parameters::isZero),
          Map.entry("stop_token_ids", Parameters::isEmptyArray),
          Map.entry("prompt_logprobs", Parameters::never),
          Map.entry("bad_words", Parameters::isEmptyArray));
}
