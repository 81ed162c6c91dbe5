package org.millrace.inference.model;

import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;

/** A sampler that keeps the logits it is shown and takes the most likely token. */
final class CapturedLogits implements Sampler {
  private final List<float[]> steps = new ArrayList<>();

  @Override
  public SampledToken sample(float[] logits) {
    steps.add(logits.clone());
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return new SampledToken(best, Float.NaN, List.of());
  }

  float[] last() {
    return steps.getLast();
  }
}
