package org.millrace.inference.grammar.vocabulary;

/**
 * Some of the bytes from 0 to 255, a bit for each.
 *
 * @param first for 0 to 63
 * @param second for 64 to 127
 * @param third for 128 to 191
 * @param fourth for 192 to 255
 */
record ByteSet(long first, long second, long third, long fourth) {
  static final ByteSet NONE = new ByteSet(0, 0, 0, 0);

  ByteSet with(int value) {
    long bit = 1L << value;
    return switch (value / Long.SIZE) {
      case 0 -> new ByteSet(first | bit, second, third, fourth);
      case 1 -> new ByteSet(first, second | bit, third, fourth);
      case 2 -> new ByteSet(first, second, third | bit, fourth);
      default -> new ByteSet(first, second, third, fourth | bit);
    };
  }
}
