package org.millrace.inference.api;

import java.util.OptionalInt;

/** Text to token ids and back, as the model's file defines it. Immutable, thread-safe. */
public interface Tokenizer {
  int vocabularySize();

  /**
   * @param addSpecial whether to add BOS and EOS as the file's {@code add_bos_token} / {@code
   *     add_eos_token} say
   * @param parseSpecial whether the text of a special token becomes that token; never for text a
   *     user wrote
   */
  int[] encode(String text, boolean addSpecial, boolean parseSpecial);

  /**
   * The UTF-8 text of the ids; bytes that form no character are replaced. Special tokens are
   * written out when {@code special}.
   */
  String decode(int[] tokens, boolean special);

  /** A decoder that gives text out as soon as whole characters are known; one per sequence. */
  TextStream stream();

  /**
   * The token's own piece of text as bytes (may be part of a character); empty for control tokens.
   */
  byte[] bytes(int token);

  /** The token as the vocabulary spells it, e.g. {@code <|eot_id|>}. */
  String piece(int token);

  /** Whether the token ends a turn or a text: generation stops at it. */
  boolean endsGeneration(int token);

  OptionalInt bos();

  OptionalInt eos();

  /** Turns one sequence's tokens into text; holds back bytes of an unfinished character. */
  interface TextStream {
    /** The text that is complete with this token; often empty or one word. */
    String append(int token);

    /** What is left at the end, with replacement characters for unfinished ones. */
    String finish();
  }
}
