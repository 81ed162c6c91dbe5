package org.millrace.demomodel.bpe;

import java.nio.charset.StandardCharsets;

/**
 * GPT-2's printable spelling of bytes: printable Latin-1 bytes stand for themselves, the others for
 * the characters from U+0100 on, in order.
 */
final class ByteAlphabet {
  private static final char[] CHARACTERS = characters();

  private ByteAlphabet() {}

  private static char[] characters() {
    var characters = new char[256];
    char next = 0x100;
    for (int value = 0; value < 256; value++) {
      characters[value] = printable(value) ? (char) value : next++;
    }
    return characters;
  }

  private static boolean printable(int value) {
    return (value >= '!' && value <= '~')
        || (value >= 0xA1 && value <= 0xAC)
        || (value >= 0xAE && value <= 0xFF);
  }

  /** The spelling of one byte, 0 to 255. */
  static String spelled(int value) {
    return Character.toString(CHARACTERS[value]);
  }

  /** The UTF-8 bytes of a text as numbers from 0 to 255. */
  static int[] bytes(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    var values = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = bytes[i] & 0xFF;
    }
    return values;
  }
}
