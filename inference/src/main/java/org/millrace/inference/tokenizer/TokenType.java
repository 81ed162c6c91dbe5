package org.millrace.inference.tokenizer;

/** What a token is for; the order is that of {@code tokenizer.ggml.token_type} in a GGUF file. */
enum TokenType {
  UNDEFINED,
  NORMAL,
  UNKNOWN,
  /**
   * Steers the model, e.g. {@code <|eot_id|>}; its text means it only where special tokens are
   * parsed.
   */
  CONTROL,
  /** A fixed text that is always one token, whoever wrote it. */
  USER_DEFINED,
  UNUSED,
  /** One byte, spelled {@code <0x0A>}. */
  BYTE;

  private static final TokenType[] VALUES = values();

  static TokenType of(long number) {
    return number >= 0 && number < VALUES.length ? VALUES[(int) number] : UNDEFINED;
  }

  /** Whether its text is only a token where special tokens are parsed. */
  boolean needsParsing() {
    return this == CONTROL || this == UNKNOWN;
  }
}
