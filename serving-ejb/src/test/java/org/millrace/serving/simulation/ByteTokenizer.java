package org.millrace.serving.simulation;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import org.millrace.inference.api.Tokenizer;

/** One token per byte of UTF-8, and an end. */
public final class ByteTokenizer implements Tokenizer {
  public static final int END = 256;
  static final int SIZE = 257;

  /** What these tokens read as. */
  public static String text(List<Integer> tokens) {
    return new ByteTokenizer().decode(tokens.stream().mapToInt(Integer::intValue).toArray(), false);
  }

  @Override
  public int vocabularySize() {
    return SIZE;
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] tokens = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      tokens[i] = bytes[i] & 0xFF;
    }
    return tokens;
  }

  @Override
  public String decode(int[] tokens, boolean special) {
    var stream = stream();
    var text = new StringBuilder();
    for (int token : tokens) {
      text.append(stream.append(token));
    }
    return text.append(stream.finish()).toString();
  }

  @Override
  public TextStream stream() {
    return new Utf8();
  }

  @Override
  public byte[] bytes(int token) {
    return token == END ? new byte[0] : new byte[] {(byte) token};
  }

  @Override
  public String piece(int token) {
    return token == END ? "<end>" : "<0x%02X>".formatted(token);
  }

  @Override
  public boolean endsGeneration(int token) {
    return token == END;
  }

  @Override
  public OptionalInt bos() {
    return OptionalInt.empty();
  }

  @Override
  public OptionalInt eos() {
    return OptionalInt.of(END);
  }

  /**
   * Holds two- to four-byte characters back until they are whole. Good enough for well-formed text.
   */
  private static final class Utf8 implements TextStream {
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private int missing;

    @Override
    public String append(int token) {
      if (token == END) {
        return "";
      }
      pending.write(token);
      if (missing > 0) {
        missing--;
      } else {
        missing = token >= 0xF0 ? 3 : token >= 0xE0 ? 2 : token >= 0xC0 ? 1 : 0;
      }
      return missing > 0 ? "" : finish();
    }

    @Override
    public String finish() {
      missing = 0;
      String text = pending.toString(StandardCharsets.UTF_8);
      pending.reset();
      return text;
    }
  }
}
