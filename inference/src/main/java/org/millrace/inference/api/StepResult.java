package org.millrace.inference.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came of a step.
 *
 * @param sampled one entry per slice of the plan, in its order; {@code null} where the plan asked
 *     for no token, and where drawing it failed
 * @param failures by index of the slice, why no token could be drawn for it, e.g. because its
 *     logits are no numbers; that sequence cannot go on, the others are not touched
 */
public record StepResult(
    List<@Nullable SampledToken> sampled, Map<Integer, RuntimeException> failures) {

  /** A step in which nothing failed. */
  public StepResult(List<@Nullable SampledToken> sampled) {
    this(sampled, Map.of());
  }
}
