package org.millrace.inference.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one forward pass computes, as plain data. There is no prefill phase and no decode phase:
 * each slice lets a sequence's computed tokens catch up with its known ones.
 *
 * @param slices one per sequence; a sequence appears at most once
 */
public record StepPlan(List<Slice> slices) {

  /**
   * One sequence's part of a step.
   *
   * @param tokens the array that holds the sequence's known tokens, prompt and generated, and
   *     guesses behind them
   * @param from index in {@code tokens}, and position, of the first token to compute
   * @param count how many to compute, at least 1
   * @param blocks covers positions {@code 0 .. from + count - 1}; those before {@code from} were
   *     computed in earlier steps
   * @param sampler draws the next token from the logits of the last known position; {@code null}
   *     where the prompt is not yet at its end
   * @param guesses how many of the computed tokens, the last ones, are guesses: while the sampler
   *     draws just the guess, it draws on from the logits behind it
   */
  public record Slice(
      int[] tokens,
      int from,
      int count,
      BlockTable blocks,
      @Nullable Sampler sampler,
      int guesses) {

    /** A part without guesses. */
    public Slice(int[] tokens, int from, int count, BlockTable blocks, @Nullable Sampler sampler) {
      this(tokens, from, count, blocks, sampler, 0);
    }
  }

  /** Tokens this step computes. */
  public int tokenCount() {
    int sum = 0;
    for (Slice slice : slices) {
      sum += slice.count();
    }
    return sum;
  }
}
