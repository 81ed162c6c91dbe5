package org.millrace.inference.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.millrace.inference.api.Tokenizer;

/** A token for each byte, some longer ones, a special one and one that ends the text. */
final class ByteVocabulary implements Tokenizer {
  private final List<byte[]> bytes = new ArrayList<>();
  private final int special;

  ByteVocabulary(String... longer) {
    for (int value = 0; value < 256; value++) {
      bytes.add(new byte[] {(byte) value});
    }
    for (String text : longer) {
      bytes.add(text.getBytes(StandardCharsets.UTF_8));
    }
    special = bytes.size();
  }

  int special() {
    return special;
  }

  int end() {
    return special + 1;
  }

  @Override
  public int vocabularySize() {
    return special + 2;
  }

  @Override
  public byte[] bytes(int token) {
    return token < special ? bytes.get(token).clone() : new byte[0];
  }

  @Override
  public String piece(int token) {
    return token < special ? new String(bytes.get(token), StandardCharsets.UTF_8) : "<special>";
  }

  @Override
  public boolean endsGeneration(int token) {
    return token == end();
  }

  @Override
  public OptionalInt bos() {
    return OptionalInt.empty();
  }

  @Override
  public OptionalInt eos() {
    return OptionalInt.of(end());
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int[] tokens = new int[utf8.length];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = utf8[i] & 0xFF;
    }
    return tokens;
  }

  @Override
  public String decode(int[] tokens, boolean special) {
    throw new UnsupportedOperationException("no test decodes");
  }

  @Override
  public TextStream stream() {
    throw new UnsupportedOperationException("no test streams");
  }
}
