package org.millrace.inference.api;

import org.millrace.inference.grammar.ConstraintCompiler;

/** Makes constraints for one model's vocabulary. Thread-safe. */
public interface Constraints {
  /**
   * Compiles a format, or finds it among those last compiled. Time and memory are bounded; still it
   * may take tenths of a second, so it is no work for the thread that runs the engine.
   *
   * @throws InvalidRequestException when the format is malformed, says what is not supported, or is
   *     over a limit; the message names what, where and the limit
   */
  Constraint compile(OutputFormat format);

  /** For the vocabulary of a tokenizer; made ready for it at the first use. */
  static Constraints of(Tokenizer tokenizer) {
    return new ConstraintCompiler(tokenizer);
  }
}
