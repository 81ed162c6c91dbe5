package org.millrace.inference.api;

/**
 * How far one sequence's output has got within its format. Whatever is drawn from the allowed
 * tokens, the output is a beginning of a valid text, and once it ends a valid text. Used by one
 * thread at a time.
 */
public interface ConstraintState {
  /**
   * Sets the logits of tokens that may not come next to negative infinity. Tokens that end the
   * output may come exactly when the output is complete; other special tokens never.
   *
   * @param logits {@code [vocabularySize]}
   * @return how many tokens may come next
   */
  int mask(float[] logits);

  /** A bit for each token, set where it may come next, as {@link #mask} has it. */
  long[] allowed();

  /** Whether this token may come next. */
  boolean allows(int token);

  /**
   * Takes the next token.
   *
   * @throws IllegalStateException when it is not allowed
   */
  void advance(int token);

  /** Whether the output so far is a valid text. */
  boolean isComplete();
}
