package org.millrace.inference.grammar.bounds;

/**
 * A schema, expression or grammar that is refused. The message names what, where and the limit, and
 * is fit to be shown to its author.
 */
public final class GrammarException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public GrammarException(String message) {
    // No stack trace: a refusal is an answer, and a flood of them must stay cheap.
    super(message, null, false, false);
  }

  /** With {@code arguments} put into {@code format}. */
  public static GrammarException of(String format, Object... arguments) {
    return new GrammarException(format.formatted(arguments));
  }
}
