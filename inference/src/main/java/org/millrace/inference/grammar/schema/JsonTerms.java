package org.millrace.inference.grammar.schema;

import static org.millrace.inference.grammar.expression.Expression.UNLIMITED;
import static org.millrace.inference.grammar.expression.Expression.choice;
import static org.millrace.inference.grammar.expression.Expression.literal;
import static org.millrace.inference.grammar.expression.Expression.optional;
import static org.millrace.inference.grammar.expression.Expression.sequence;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.millrace.inference.grammar.automaton.CodePoints;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.expression.Expression.Characters;
import org.millrace.inference.grammar.expression.Expression.Repeat;
import org.millrace.inference.grammar.expression.Expression.Rule;
import org.millrace.inference.grammar.expression.Grammar;
import org.millrace.inference.grammar.syntax.RegexParser;

/**
 * The parts of JSON text (RFC 8259). White space is bounded, so that no model can go on with it for
 * ever: after a colon at most one space; after brackets and commas one space, or a new line with
 * its indentation. Numbers are bounded to what 64 bits hold.
 */
final class JsonTerms {
  static final int INTEGER_DIGITS_MAX = 18;
  static final int FRACTION_DIGITS_MAX = 16;

  private static final Expression SPACE = literal(" ");

  /** After a colon. */
  static final Expression AFTER_COLON = optional(SPACE);

  /** After an opening bracket or a comma, and before a closing bracket. */
  static final Expression GAP =
      optional(
          choice(
              SPACE,
              sequence(
                  literal("\n"),
                  choice(new Repeat(SPACE, 0, 24), new Repeat(literal("\t"), 1, 8)))));

  static final CodePoints PLAIN =
      CodePoints.of(0x20, CodePoints.LAST).without(CodePoints.of("\"\\"));

  /** A character as itself or escaped; of surrogates whole pairs only. */
  static final Expression CHARACTER =
      choice(
          new Characters(PLAIN),
          RegexParser.whole(
              "\\\\(?:[\"\\\\/bfnrt]|u(?:[0-9a-cefA-CEF][0-9a-fA-F]{3}|[dD](?:[0-7][0-9a-fA-F]{2}"
                  + "|[89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2})))"));

  static final Expression STRING =
      sequence(literal("\""), new Repeat(CHARACTER, 0, UNLIMITED), literal("\""));

  static final Expression INTEGER =
      RegexParser.whole("0|-?[1-9][0-9]{0,%d}".formatted(INTEGER_DIGITS_MAX - 1));

  static final Expression NUMBER =
      RegexParser.whole(
          "-?(?:0|[1-9][0-9]{0,%d})(?:\\.[0-9]{1,%d})?(?:[eE][+-]?[0-9]{1,2})?"
              .formatted(INTEGER_DIGITS_MAX - 1, FRACTION_DIGITS_MAX));

  static final Expression BOOLEAN = choice(literal("true"), literal("false"));
  static final Expression NULL = literal("null");

  /** Any value. */
  static final Rule ANY = new Rule("any value");

  /** Any object. */
  static final Rule ANY_OBJECT = new Rule("any object");

  private static final Rule ANY_ARRAY = new Rule("any array");

  /** The rules that {@link #ANY} and {@link #ANY_OBJECT} name. */
  static final Map<String, Expression> RULES = rules();

  private JsonTerms() {}

  /** One JSON object, whatever is in it. */
  static Grammar anyObject() {
    return new Grammar(RULES, ANY_OBJECT.name());
  }

  private static Map<String, Expression> rules() {
    Map<String, Expression> rules = new LinkedHashMap<>();
    rules.put(ANY.name(), choice(STRING, NUMBER, BOOLEAN, NULL, ANY_OBJECT, ANY_ARRAY));
    Expression member = sequence(STRING, literal(":"), AFTER_COLON, ANY);
    rules.put(ANY_OBJECT.name(), listed("{", member, 0, UNLIMITED, "}"));
    rules.put(ANY_ARRAY.name(), listed("[", ANY, 0, UNLIMITED, "]"));
    return Map.copyOf(rules);
  }

  /** Items between brackets, with commas and gaps. */
  static Expression listed(String open, Expression item, int min, int max, String close) {
    if (max == 0) {
      return literal(open + close);
    }
    int more = max == UNLIMITED ? UNLIMITED : max - 1;
    Expression items =
        sequence(
            literal(open),
            GAP,
            item,
            new Repeat(sequence(literal(","), GAP, item), Math.max(0, min - 1), more),
            GAP,
            literal(close));
    return min > 0 ? items : choice(literal(open + close), items);
  }

  /** {@code item} if it is one of several that stand between commas, and not the first. */
  static Expression afterComma(Expression item) {
    return new Expression.Sequence(List.of(literal(","), GAP, item));
  }
}
