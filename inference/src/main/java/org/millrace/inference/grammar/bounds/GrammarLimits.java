package org.millrace.inference.grammar.bounds;

/** The limits of what callers write, each with the name it has in messages. */
public final class GrammarLimits {
  /** Characters of a schema, an expression, a grammar, or of all choices together. */
  public static final int SOURCE_CHARACTERS_MAX = 256 * 1_024;

  /** Nesting of groups, schemas and JSON values. */
  public static final int DEPTH_MAX = 64;

  /** The largest count in {@code {m,n}}, minItems, maxLength and the like. */
  public static final int REPEATS_MAX = 1_000_000;

  public static final int CHOICES_MAX = 4_096;

  public static final int RULES_MAX = 2_048;

  private GrammarLimits() {}

  /**
   * @throws GrammarException naming {@code what} where it is longer than the limit
   */
  public static void checkSource(String what, long characters) {
    if (characters > SOURCE_CHARACTERS_MAX) {
      throw GrammarException.of(
          "%s has %d characters; the limit is %d", what, characters, SOURCE_CHARACTERS_MAX);
    }
  }

  /**
   * @throws GrammarException naming {@code what} where it nests deeper than the limit
   */
  public static void checkDepth(String what, int depth) {
    if (depth > DEPTH_MAX) {
      throw GrammarException.of("%s nests deeper than %d levels, the limit", what, DEPTH_MAX);
    }
  }
}
