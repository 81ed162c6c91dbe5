package org.millrace.inference.tokenizer;

/**
 * The symbols of a piece of text as a linked list over arrays: joining one with its right neighbour
 * is a constant-time step.
 */
final class Symbols {
  private static final int REMOVED = -2;
  private final int[] next;
  private final int[] previous;

  Symbols(int count) {
    next = new int[count];
    previous = new int[count];
    for (int i = 0; i < count; i++) {
      next[i] = i + 1 < count ? i + 1 : -1;
      previous[i] = i - 1;
    }
  }

  /** The symbol to the right, or less than 0. */
  int next(int symbol) {
    return next[symbol];
  }

  /** The symbol to the left, or -1. */
  int previous(int symbol) {
    return previous[symbol];
  }

  boolean removed(int symbol) {
    return previous[symbol] == REMOVED;
  }

  /** Takes the right neighbour into {@code symbol}. */
  void join(int symbol) {
    int right = next[symbol];
    next[symbol] = next[right];
    if (next[right] >= 0) {
      previous[next[right]] = symbol;
    }
    previous[right] = REMOVED;
  }
}
