package org.millrace.inference.tokenizer;

/** Turns a piece of plain text, free of special tokens, into ids. Immutable, thread-safe. */
interface FragmentEncoder {
  /**
   * @param fragment valid UTF-16, not empty
   * @param afterSpecial whether it starts the text or follows a special token
   */
  void encode(String fragment, boolean afterSpecial, IntList out);
}
