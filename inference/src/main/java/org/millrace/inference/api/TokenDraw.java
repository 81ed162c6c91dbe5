package org.millrace.inference.api;

import org.jspecify.annotations.Nullable;

/**
 * All that decides a sequence's next token besides its logits, as plain data for a device that
 * draws it; how is the definition of {@code SeededSampler}. No array is to be written to.
 *
 * @param chance in [0, 1): which part of the distribution to draw; not looked at where the
 *     temperature is 0
 * @param seen tokens that the repetition penalty is for, each once; may name some beyond the
 *     vocabulary
 * @param generated tokens that the other penalties are for, each once
 * @param counts how often each of these was generated
 * @param allowed a bit for each token of the vocabulary, set where it may come next; {@code null}
 *     where all may
 */
@SuppressWarnings("ArrayRecordComponent")
public record TokenDraw(
    SamplingParams params,
    double chance,
    int[] seen,
    int[] generated,
    int[] counts,
    long @Nullable [] allowed) {}
