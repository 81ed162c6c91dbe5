package org.millrace.inference.tokenizer;

import java.util.Arrays;

/**
 * The 256 printable characters that stand for bytes in byte-level vocabularies: printable Latin-1
 * stands for itself, every other byte for the next character from U+0100 on (GPT-2's {@code
 * bytes_to_unicode}).
 */
final class ByteAlphabet {
  private static final char[] CHARACTERS = new char[256];
  private static final short[] BYTES = new short[512];

  static {
    Arrays.fill(BYTES, (short) -1);
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = b > 32 && b < 127 || b > 160 && b != 173;
      CHARACTERS[b] = (char) (printable ? b : next++);
      BYTES[CHARACTERS[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  /** The character that stands for {@code value & 0xFF}. */
  static char character(int value) {
    return CHARACTERS[value & 0xFF];
  }

  /** The byte that {@code character} stands for, or -1. */
  static int byteOf(char character) {
    return character < BYTES.length ? BYTES[character] : -1;
  }

  /** {@code bytes} as the vocabulary spells them. */
  static String spell(byte[] bytes) {
    char[] spelled = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      spelled[i] = character(bytes[i]);
    }
    return new String(spelled);
  }
}
