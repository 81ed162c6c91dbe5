package org.millrace.inference.sampling;

import java.util.Arrays;

/** How often each token was seen: an open-addressed table that holds only tokens that were. */
final class TokenCounts {
  private static final int FREE = -1;

  private int[] tokens = new int[64];
  private int[] counts = new int[64];
  private int size;

  TokenCounts() {
    Arrays.fill(tokens, FREE);
  }

  void add(int token, int count) {
    if (2 * (size + 1) > tokens.length) {
      grow();
    }
    int at = find(token);
    if (tokens[at] == FREE) {
      tokens[at] = token;
      size++;
    }
    counts[at] += count;
  }

  /** Places in the table; walk them with {@link #token} and {@link #count}. */
  int places() {
    return tokens.length;
  }

  /** The token at a place, or a negative number where there is none. */
  int token(int place) {
    return tokens[place];
  }

  int count(int place) {
    return counts[place];
  }

  /** The tokens that were seen. */
  int[] tokens() {
    int[] found = new int[size];
    int at = 0;
    for (int token : tokens) {
      if (token != FREE) {
        found[at++] = token;
      }
    }
    return found;
  }

  /** How often, in the order of {@link #tokens()}. */
  int[] counts() {
    int[] found = new int[size];
    int at = 0;
    for (int place = 0; place < tokens.length; place++) {
      if (tokens[place] != FREE) {
        found[at++] = counts[place];
      }
    }
    return found;
  }

  private int find(int token) {
    int mask = tokens.length - 1;
    int at = (token * 0x9E3779B9 >>> 7) & mask;
    while (tokens[at] != FREE && tokens[at] != token) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private void grow() {
    int[] oldTokens = tokens;
    int[] oldCounts = counts;
    tokens = new int[oldTokens.length * 2];
    counts = new int[oldTokens.length * 2];
    Arrays.fill(tokens, FREE);
    for (int i = 0; i < oldTokens.length; i++) {
      if (oldTokens[i] != FREE) {
        int at = find(oldTokens[i]);
        tokens[at] = oldTokens[i];
        counts[at] = oldCounts[i];
      }
    }
  }
}
