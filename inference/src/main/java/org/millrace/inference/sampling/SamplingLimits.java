package org.millrace.inference.sampling;

import java.util.Map;
import org.millrace.inference.api.InvalidRequestException;
import org.millrace.inference.api.SamplingParams;

/** The ranges of {@link SamplingParams}; each fault names parameter, value and limit. */
final class SamplingLimits {
  private SamplingLimits() {}

  static void check(SamplingParams params, int vocabularySize) {
    inRange("temperature", params.temperature(), 0, 2);
    inRange("top_k", params.topK(), 0, Integer.MAX_VALUE);
    inRange("top_p", params.topP(), 0, 1);
    if (params.topP() == 0) {
      throw new InvalidRequestException("top_p", "top_p is 0; it is greater than 0, at most 1");
    }
    inRange("min_p", params.minP(), 0, 1);
    inRange("repetition_penalty", params.repetitionPenalty(), 0.01, 100);
    inRange("presence_penalty", params.presencePenalty(), -2, 2);
    inRange("frequency_penalty", params.frequencyPenalty(), -2, 2);
    inRange("top_logprobs", params.topLogprobs(), 0, 20);
    for (Map.Entry<Integer, Float> bias : params.logitBias().entrySet()) {
      inRange("logit_bias", bias.getValue(), -100, 100);
      if (bias.getKey() < 0 || bias.getKey() >= vocabularySize) {
        throw new InvalidRequestException(
            "logit_bias",
            "logit_bias names token %d; the vocabulary has tokens 0 to %d"
                .formatted(bias.getKey(), vocabularySize - 1));
      }
    }
  }

  private static void inRange(String parameter, double value, double least, double most) {
    // Written so that NaN is out of range.
    if (!(value >= least && value <= most)) {
      throw new InvalidRequestException(
          parameter,
          "%s is %s; it lies between %s and %s"
              .formatted(parameter, plain(value), plain(least), plain(most)));
    }
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Float.toString((float) value);
  }
}
