package org.millrace.inference.grammar.vocabulary;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Text that a JSON string holds as it is: whole characters, no controls, quotes or backslashes. */
final class PlainText {
  private PlainText() {}

  /** How many characters these bytes are, or -1 where they are not plain text. */
  static int characters(byte[] bytes) {
    for (byte value : bytes) {
      if (value >= 0 && value < 0x20 || value == '"' || value == '\\') {
        return -1;
      }
    }
    try {
      var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return Character.codePointCount(text, 0, text.length());
    } catch (CharacterCodingException partOfCharacter) {
      return -1;
    }
  }
}
