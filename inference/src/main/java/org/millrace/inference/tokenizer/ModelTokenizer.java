package org.millrace.inference.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.Tokenizer;

/** The tokenizer of one model file. Immutable, thread-safe. */
public final class ModelTokenizer implements Tokenizer {
  private static final byte[] NOTHING = new byte[0];
  private final Vocabulary vocabulary;
  private final FragmentEncoder encoder;
  private final SpecialTokens specials;
  private final Traits traits;
  private final byte[][] pieces;

  /**
   * @param byteLevel whether normal tokens are spelled in the byte alphabet; else U+2581 stands for
   *     a space
   * @param spacePrefix whether a leading space was added when encoding
   */
  record Traits(
      boolean byteLevel,
      boolean addBos,
      boolean addEos,
      boolean spacePrefix,
      boolean cleanSpaces) {}

  ModelTokenizer(
      Vocabulary vocabulary, FragmentEncoder encoder, SpecialTokens specials, Traits traits) {
    this.vocabulary = vocabulary;
    this.encoder = encoder;
    this.specials = specials;
    this.traits = traits;
    this.pieces = new byte[vocabulary.size()][];
    for (int id = 0; id < pieces.length; id++) {
      pieces[id] = pieceBytes(id);
    }
  }

  private byte[] pieceBytes(int id) {
    String text = vocabulary.text(id);
    return switch (vocabulary.type(id)) {
      case CONTROL, UNKNOWN, USER_DEFINED -> Vocabulary.utf8(text);
      case BYTE -> {
        int value = vocabulary.byteValue(id);
        yield value < 0 ? Vocabulary.utf8(text) : new byte[] {(byte) value};
      }
      case NORMAL ->
          traits.byteLevel
              ? alphabetBytes(text)
              : Vocabulary.utf8(text.replace(SentencePieceEncoder.SPACE, ' '));
      case UNUSED, UNDEFINED -> NOTHING;
    };
  }

  private static byte[] alphabetBytes(String text) {
    var bytes = new ByteArrayOutputStream(text.length());
    text.codePoints()
        .forEach(point -> {
          int value = point < 512 ? ByteAlphabet.byteOf((char) point) : -1;
          if (value >= 0) {
            bytes.write(value);
          } else {
            bytes.writeBytes(Vocabulary.utf8(Character.toString(point)));
          }
        });
    return bytes.toByteArray();
  }

  @Override
  public int vocabularySize() {
    return vocabulary.size();
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    var out = new IntList(text.length() / 3 + 8);
    if (addSpecial && traits.addBos) {
      bos().ifPresent(out::add);
    }
    encode(wellFormed(text), parseSpecial, null, out);
    if (addSpecial && traits.addEos) {
      eos().ifPresent(out::add);
    }
    return out.toArray();
  }

  /**
   * Encodes a rendered prompt: special tokens are parsed, but no control token is made of a
   * character that a user wrote. BOS is put in front where the file asks for it and the text does
   * not begin with it; EOS is not added, because a turn follows.
   *
   * @param userText the indexes of {@code text}'s characters that a user wrote
   */
  public int[] encodePrompt(String text, BitSet userText) {
    var tokens = new IntList(text.length() / 3 + 8);
    encode(wellFormed(text), true, userText, tokens);
    OptionalInt bos = traits.addBos ? bos() : OptionalInt.empty();
    boolean given = tokens.size() > 0 && bos.isPresent() && tokens.get(0) == bos.getAsInt();
    if (bos.isEmpty() || given) {
      return tokens.toArray();
    }
    int[] result = new int[tokens.size() + 1];
    result[0] = bos.getAsInt();
    System.arraycopy(tokens.toArray(), 0, result, 1, tokens.size());
    return result;
  }

  private void encode(String text, boolean parse, @Nullable BitSet userText, IntList out) {
    boolean afterSpecial = true;
    for (var fragment : specials.cut(text, parse, userText)) {
      if (fragment.token() >= 0) {
        out.add(fragment.token());
      } else {
        encoder.encode(text.substring(fragment.from(), fragment.to()), afterSpecial, out);
      }
      afterSpecial = fragment.token() >= 0;
    }
  }

  /**
   * Half a surrogate pair is no character; it becomes U+FFFD, one for one, so that indexes stay.
   */
  private static String wellFormed(String text) {
    StringBuilder fixed = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        continue;
      }
      fixed = fixed == null ? new StringBuilder(text) : fixed;
      fixed.setCharAt(i, '\uFFFD');
    }
    return fixed == null ? text : fixed.toString();
  }

  @Override
  public String decode(int[] tokens, boolean special) {
    var bytes = new ByteArrayOutputStream(tokens.length * 4);
    boolean atStart = true;
    for (int token : tokens) {
      byte[] piece = special ? rawBytes(token) : bytes(token);
      boolean skip = atStart && traits.spacePrefix && piece.length > 0 && piece[0] == ' ';
      bytes.write(piece, skip ? 1 : 0, piece.length - (skip ? 1 : 0));
      // Only what is written ends the start: a BOS that is left out does not hide the added space.
      atStart &= piece.length == 0;
    }
    String text = bytes.toString(StandardCharsets.UTF_8);
    return traits.cleanSpaces ? SpaceCleanup.clean(text) : text;
  }

  @Override
  public TextStream stream() {
    return new Utf8Stream(this::bytes);
  }

  @Override
  public byte[] bytes(int token) {
    return vocabulary.type(token).needsParsing() ? NOTHING : pieces[token].clone();
  }

  private byte[] rawBytes(int token) {
    vocabulary.type(token);
    return pieces[token];
  }

  @Override
  public String piece(int token) {
    return vocabulary.text(token);
  }

  @Override
  public boolean endsGeneration(int token) {
    return vocabulary.ends(token);
  }

  @Override
  public OptionalInt bos() {
    return vocabulary.special("bos_token_id");
  }

  @Override
  public OptionalInt eos() {
    return vocabulary.special("eos_token_id");
  }
}
