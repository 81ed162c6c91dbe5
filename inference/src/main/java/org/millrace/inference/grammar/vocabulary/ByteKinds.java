package org.millrace.inference.grammar.vocabulary;

/**
 * The bytes in 64 kinds or fewer, so that what bytes a part of a trie has fits into one long. Bytes
 * that formats tell apart often are of kinds of their own.
 */
final class ByteKinds {
  private static final byte[] KINDS = kinds();

  /** The kind of each byte, as a bit. Not to be written to. */
  static final long[] BITS = bits();

  private ByteKinds() {}

  private static byte[] kinds() {
    byte[] kinds = new byte[256];
    int next = 1;
    for (int value = 0x20; value < 0x7F; value++) {
      if (!Character.isLetterOrDigit(value)) {
        kinds[value] = (byte) next++;
      }
    }
    String[] together = {"0", "19", "af", "gz", "AF", "GZ", "\t", "\n", "\r"};
    for (String range : together) {
      for (int value = range.charAt(0); value <= range.charAt(range.length() - 1); value++) {
        kinds[value] = (byte) next;
      }
      next++;
    }
    // Of UTF-8: what goes on, and what begins two, three, four bytes.
    int[] firsts = {0x80, 0xC0, 0xE0, 0xF0, 0x100};
    for (int i = 0; i + 1 < firsts.length; i++) {
      for (int value = firsts[i]; value < firsts[i + 1]; value++) {
        kinds[value] = (byte) next;
      }
      next++;
    }
    if (next > Long.SIZE) {
      throw new IllegalStateException(next + " kinds of bytes");
    }
    return kinds;
  }

  private static long[] bits() {
    long[] bits = new long[KINDS.length];
    for (int value = 0; value < bits.length; value++) {
      bits[value] = 1L << KINDS[value];
    }
    return bits;
  }

  /** The kind of a byte, as a bit. */
  static long of(int value) {
    return BITS[value & 0xFF];
  }

  /** The kinds all bytes of which are in a set. */
  static long whollyIn(boolean[] set) {
    long kinds = -1;
    for (int value = 0; value < set.length; value++) {
      if (!set[value]) {
        kinds &= ~of(value);
      }
    }
    return kinds;
  }
}
