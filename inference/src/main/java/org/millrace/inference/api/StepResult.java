package org.millrace.inference.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came of a step.
 *
 * @param drawn for each slice of the plan, in its order, the tokens drawn for it: none where the
 *     plan asked for none, one without guesses, and at most one more than there were guesses; all
 *     but the last are the guesses themselves
 * @param failures by index of the slice, why no further token could be drawn for it, e.g. because
 *     its logits are no numbers; that sequence cannot go on, the others are not touched
 */
public record StepResult(List<List<SampledToken>> drawn, Map<Integer, RuntimeException> failures) {

  /** A step in which nothing failed. */
  public StepResult(List<List<SampledToken>> drawn) {
    this(drawn, Map.of());
  }

  /**
   * The first token drawn for each slice, {@code null} where there is none: all there are in a plan
   * without guesses.
   */
  public List<@Nullable SampledToken> sampled() {
    List<@Nullable SampledToken> first = new ArrayList<>(drawn.size());
    for (List<SampledToken> tokens : drawn) {
      first.add(tokens.isEmpty() ? null : tokens.getFirst());
    }
    return first;
  }
}
