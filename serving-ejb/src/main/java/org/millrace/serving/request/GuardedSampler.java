package org.millrace.serving.request;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;

/**
 * Keeps one sequence's bad logits or failing sampler from failing the whole step: the fault is kept
 * and only this sequence ends by it.
 */
final class GuardedSampler implements Sampler {
  private static final SampledToken NONE = new SampledToken(-1, Float.NaN, List.of());

  private final Sampler sampler;
  private @Nullable String fault;

  GuardedSampler(Sampler sampler) {
    this.sampler = sampler;
  }

  @Override
  public SampledToken sample(float[] logits) {
    if (hasNaN(logits)) {
      fault = "the model's output is not a number";
      return NONE;
    }
    try {
      return sampler.sample(logits);
    } catch (RuntimeException e) {
      fault = "sampling failed: " + e;
      return NONE;
    }
  }

  @Nullable String fault() {
    return fault;
  }

  private static boolean hasNaN(float[] logits) {
    for (float logit : logits) {
      if (Float.isNaN(logit)) {
        return true;
      }
    }
    return false;
  }
}
