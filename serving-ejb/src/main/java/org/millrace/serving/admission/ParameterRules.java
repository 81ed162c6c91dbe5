package org.millrace.serving.admission;

import static org.millrace.serving.admission.Refusals.invalid;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.SamplingParams;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.CompletionRequest.Sampling;
import org.millrace.serving.config.ServingConfig;
import org.millrace.serving.meter.JournalSlot;

/**
 * The ranges of a request's parameters, as OpenAI's API has them. Each refusal names the value and
 * the limit.
 */
final class ParameterRules {
  private static final int STOPS_MAX = 4;
  private static final int STOP_CHARACTERS_MAX = 500;
  private static final int LOGIT_BIASES_MAX = 1_024;
  private static final int TOP_LOGPROBS_MAX = 20;

  private final ServingConfig.Requests limits;

  ParameterRules(ServingConfig.Requests limits) {
    this.limits = limits;
  }

  void check(CompletionRequest request, int vocabularySize) {
    checkId(request.requestId());
    inRange("n", request.choices(), 1, limits.choicesMax());
    Integer maxTokens = request.maxTokens();
    if (maxTokens != null) {
      inRange("max_tokens", maxTokens, 1, limits.completionTokensMax());
    }
    if (request.prompts().isEmpty() || request.prompts().size() > limits.promptsMax()) {
      throw invalid(
          "prompt",
          "the request has %d prompts; it must have 1 to %d"
              .formatted(request.prompts().size(), limits.promptsMax()));
    }
    checkStops(request.stop());
    checkSampling(request.sampling(), vocabularySize);
  }

  private static void checkId(String requestId) {
    int bytes = requestId.getBytes(StandardCharsets.UTF_8).length;
    if (bytes == 0 || bytes > JournalSlot.ID_BYTES_MAX) {
      throw invalid(
          "request_id",
          "the request id has %d bytes; it must have 1 to %d"
              .formatted(bytes, JournalSlot.ID_BYTES_MAX));
    }
  }

  private static void checkStops(List<String> stops) {
    if (stops.size() > STOPS_MAX) {
      throw invalid(
          "stop", "stop has %d texts; the limit is %d".formatted(stops.size(), STOPS_MAX));
    }
    for (String stop : stops) {
      if (stop.isEmpty() || stop.length() > STOP_CHARACTERS_MAX) {
        throw invalid(
            "stop",
            "a stop text has %d characters; it must have 1 to %d"
                .formatted(stop.length(), STOP_CHARACTERS_MAX));
      }
    }
  }

  private static void checkSampling(Sampling sampling, int vocabularySize) {
    inRange("temperature", sampling.temperature(), 0, 2);
    Float topP = sampling.topP();
    if (topP != null && !(topP > 0 && topP <= 1)) {
      throw invalid("top_p", "top_p is " + topP + "; it must be more than 0 and at most 1");
    }
    if (sampling.topK() != null) {
      inRange("top_k", sampling.topK(), 0, Integer.MAX_VALUE);
    }
    inRange("min_p", sampling.minP(), 0, 1);
    Float repetition = sampling.repetitionPenalty();
    if (repetition != null && !(repetition > 0 && repetition <= 2)) {
      throw invalid(
          "repetition_penalty",
          "repetition_penalty is " + repetition + "; it must be more than 0 and at most 2");
    }
    inRange("presence_penalty", sampling.presencePenalty(), -2, 2);
    inRange("frequency_penalty", sampling.frequencyPenalty(), -2, 2);
    inRange("top_logprobs", sampling.topLogprobs(), 0, TOP_LOGPROBS_MAX);
    if (sampling.topLogprobs() > 0 && !sampling.logprobs()) {
      throw invalid(
          "top_logprobs",
          "top_logprobs is %d but logprobs is not set".formatted(sampling.topLogprobs()));
    }
    checkBias(sampling.logitBias(), vocabularySize);
  }

  private static void checkBias(Map<Integer, Float> biases, int vocabularySize) {
    if (biases.size() > LOGIT_BIASES_MAX) {
      throw invalid(
          "logit_bias",
          "logit_bias has %d tokens; the limit is %d".formatted(biases.size(), LOGIT_BIASES_MAX));
    }
    biases.forEach((token, bias) -> {
      inRange("logit_bias", token, 0, vocabularySize - 1);
      inRange("logit_bias", bias, -100, 100);
    });
  }

  private static void inRange(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw invalid(name, "%s is %d; it must be from %d to %d".formatted(name, value, least, most));
    }
  }

  // Written so that NaN is refused.
  private static void inRange(String name, @Nullable Float value, int least, int most) {
    if (value != null && !(value >= least && value <= most)) {
      throw invalid(name, "%s is %s; it must be from %d to %d".formatted(name, value, least, most));
    }
  }

  /** The checked values with the model's defaults where nothing was said. */
  static SamplingParams sampling(Sampling asked, long randomSeed) {
    Long seed = asked.seed();
    Integer topK = asked.topK();
    return new SamplingParams(
        or(asked.temperature(), 1f),
        topK == null ? 0 : topK,
        or(asked.topP(), 1f),
        or(asked.minP(), 0f),
        or(asked.repetitionPenalty(), 1f),
        or(asked.presencePenalty(), 0f),
        or(asked.frequencyPenalty(), 0f),
        seed == null ? randomSeed : seed,
        Map.copyOf(asked.logitBias()),
        asked.logprobs(),
        asked.topLogprobs());
  }

  private static float or(@Nullable Float value, float standard) {
    return value == null ? standard : value;
  }
}
