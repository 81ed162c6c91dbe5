package org.millrace.inference.api;

/**
 * Guesses what comes next by looking where the last tokens stood before in the same sequence
 * (prompt lookup decoding, Saxena 2023; a draft without a draft model, Leviathan et al. 2023). The
 * model computes all guesses in one step, and the sampler goes along them only as far as it would
 * have drawn them itself, so the output is the same with any guess.
 *
 * <p>How many are guessed follows how many were right lately. One sequence's; one thread at a time.
 */
public final class PromptLookup {
  private static final int MATCH_MOST = 3;
  private static final int MATCH_LEAST = 2;

  /** How far back it looks: bounds its time in very long sequences. */
  private static final int WINDOW_TOKENS = 16_384;

  private final int most;
  private final Tokenizer tokenizer;
  private int allowed;

  /**
   * @param most most tokens to guess at one time; 0 guesses none
   */
  public PromptLookup(int most, Tokenizer tokenizer) {
    this.most = most;
    this.tokenizer = tokenizer;
    this.allowed = most;
  }

  /**
   * Writes guesses behind the known tokens.
   *
   * @param tokens holds {@code known} tokens and has room for guesses behind them
   * @param limit most guesses that are wanted
   * @return how many there are
   */
  public int guess(int[] tokens, int known, int limit) {
    int wanted = Math.min(Math.min(allowed, limit), tokens.length - known);
    if (wanted <= 0) {
      return 0;
    }
    for (int length = MATCH_MOST; length >= MATCH_LEAST; length--) {
      int at = lastPlace(tokens, known, length);
      if (at >= 0) {
        return copy(tokens, at + length, known, wanted);
      }
    }
    return 0;
  }

  /** Learns how many of the guesses were right. */
  public void outcome(int guessed, int right) {
    if (guessed > 0) {
      allowed = right == guessed ? Math.min(most, Math.max(1, 2 * guessed)) : right + 1;
      allowed = Math.min(allowed, most);
    }
  }

  /** Where the last {@code length} tokens stood latest before; -1 where they never did. */
  private static int lastPlace(int[] tokens, int known, int length) {
    int end = known - length;
    for (int at = end - 1; at >= Math.max(0, known - WINDOW_TOKENS); at--) {
      int same = 0;
      while (same < length && tokens[at + same] == tokens[end + same]) {
        same++;
      }
      if (same == length) {
        return at;
      }
    }
    return -1;
  }

  /** An end is never guessed: nothing is to be drawn behind it. */
  private int copy(int[] tokens, int from, int to, int wanted) {
    int count = 0;
    while (count < wanted && !tokenizer.endsGeneration(tokens[from + count])) {
      // May run into the guesses themselves, which is how a repetition goes on.
      tokens[to + count] = tokens[from + count];
      count++;
    }
    return count;
  }
}
