package org.millrace.inference.grammar.vocabulary;

import java.util.Arrays;

/** Which tokens of a vocabulary are allowed. Immutable. */
public final class TokenMask {
  /** Fewer are kept as a list, which is smaller and quicker to apply. */
  private static final int LISTED_MAX = 1_024;

  private final int vocabularySize;
  private final int count;
  private final int[] listed;
  private final long[] bits;

  private TokenMask(int vocabularySize, int count, int[] listed, long[] bits) {
    this.vocabularySize = vocabularySize;
    this.count = count;
    this.listed = listed;
    this.bits = bits;
  }

  /**
   * @param bits one per token; copied
   */
  static TokenMask of(long[] bits, int vocabularySize) {
    int count = 0;
    for (long word : bits) {
      count += Long.bitCount(word);
    }
    if (count > LISTED_MAX) {
      return new TokenMask(vocabularySize, count, new int[0], bits.clone());
    }
    int[] listed = new int[count];
    int at = 0;
    for (int word = 0; word < bits.length; word++) {
      for (long rest = bits[word]; rest != 0; rest &= rest - 1) {
        listed[at++] = word * Long.SIZE + Long.numberOfTrailingZeros(rest);
      }
    }
    return new TokenMask(vocabularySize, count, listed, new long[0]);
  }

  /** How many tokens are allowed. */
  public int count() {
    return count;
  }

  public boolean allows(int token) {
    if (token < 0 || token >= vocabularySize) {
      return false;
    }
    return bits.length == 0
        ? Arrays.binarySearch(listed, token) >= 0
        : (bits[token / Long.SIZE] >>> token & 1) != 0;
  }

  /** The allowed tokens, in order. */
  public int[] tokens() {
    if (bits.length == 0) {
      return listed.clone();
    }
    int[] tokens = new int[count];
    int at = 0;
    for (int word = 0; word < bits.length; word++) {
      for (long rest = bits[word]; rest != 0; rest &= rest - 1) {
        tokens[at++] = word * Long.SIZE + Long.numberOfTrailingZeros(rest);
      }
    }
    return tokens;
  }

  /** A bit for each token of the vocabulary. */
  public long[] toBits() {
    if (bits.length > 0) {
      return bits.clone();
    }
    long[] all = new long[Math.ceilDiv(vocabularySize, Long.SIZE)];
    for (int token : listed) {
      all[token / Long.SIZE] |= 1L << token;
    }
    return all;
  }

  /** Sets the logits of all other tokens to negative infinity. */
  public void apply(float[] logits) {
    if (bits.length == 0) {
      applyList(logits);
    } else {
      Blanking.keep(bits, logits, vocabularySize);
    }
  }

  /** Sets the bits of those allowed tokens that are in both. */
  void addTo(long[] target, long[] within) {
    for (int word = 0; word < bits.length; word++) {
      target[word] |= bits[word] & within[word];
    }
    for (int token : listed) {
      target[token / Long.SIZE] |= within[token / Long.SIZE] & 1L << token;
    }
  }

  private void applyList(float[] logits) {
    float[] kept = new float[listed.length];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = logits[listed[i]];
    }
    Arrays.fill(logits, 0, vocabularySize, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < kept.length; i++) {
      logits[listed[i]] = kept[i];
    }
  }

  /** Bytes that it takes, about. */
  int byteSize() {
    return listed.length * Integer.BYTES + bits.length * Long.BYTES + 64;
  }
}
