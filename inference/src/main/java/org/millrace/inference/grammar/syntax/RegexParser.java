package org.millrace.inference.grammar.syntax;

import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.grammar.automaton.CodePoints;
import org.millrace.inference.grammar.bounds.GrammarException;
import org.millrace.inference.grammar.bounds.GrammarLimits;
import org.millrace.inference.grammar.expression.Expression;

/**
 * Reads a regular expression. Understood are characters, {@code .} (all but line ends), classes,
 * {@code \d \w \s} (ASCII) and their opposites, character escapes, groups, alternatives, the
 * quantifiers {@code * + ? {m} {m,} {m,n}} (a lazy {@code ?} after them changes nothing of what
 * matches), and the anchors {@code ^} and {@code $} at both ends of an alternative. Refused are
 * references, looking around, flags, possessive quantifiers and word boundaries.
 */
public final class RegexParser {
  private static final CodePoints LINE_ENDS = CodePoints.of("\n\r\u2028\u2029");
  private static final Expression ANY_TEXT =
      new Expression.Repeat(new Expression.Characters(CodePoints.ALL), 0, Expression.UNLIMITED);

  private final Cursor cursor;
  private final Expression aroundUnanchored;

  private RegexParser(String pattern, Expression aroundUnanchored) {
    this.cursor = new Cursor("regular expression", pattern);
    this.aroundUnanchored = aroundUnanchored;
  }

  /**
   * The texts that match the expression as a whole; anchors change nothing.
   *
   * @throws GrammarException saying what is refused, and at which character
   */
  public static Expression whole(String pattern) {
    return new RegexParser(pattern, Expression.EMPTY).parse();
  }

  /**
   * The texts somewhere in which the expression matches, as JSON Schema's {@code pattern} has it.
   *
   * @throws GrammarException as {@link #whole}
   */
  public static Expression anywhere(String pattern) {
    return new RegexParser(pattern, ANY_TEXT).parse();
  }

  private Expression parse() {
    List<Expression> alternatives = new ArrayList<>();
    do {
      Expression before = cursor.take('^') ? Expression.EMPTY : aroundUnanchored;
      Expression body = sequence(0);
      Expression after = cursor.take('$') ? Expression.EMPTY : aroundUnanchored;
      if (cursor.more() && cursor.peek() != '|') {
        throw cursor.refused(
            cursor.peek() == ')' ? "a ')' has no '('" : "'$' is supported at the end only");
      }
      alternatives.add(Expression.sequence(before, body, after));
    } while (cursor.take('|'));
    return alternatives.size() == 1
        ? alternatives.getFirst()
        : new Expression.Choice(List.copyOf(alternatives));
  }

  private Expression alternatives(int depth) {
    List<Expression> alternatives = new ArrayList<>();
    do {
      alternatives.add(sequence(depth));
    } while (cursor.take('|'));
    return alternatives.size() == 1
        ? alternatives.getFirst()
        : new Expression.Choice(List.copyOf(alternatives));
  }

  private Expression sequence(int depth) {
    List<Expression> parts = new ArrayList<>();
    while (cursor.more() && "|)".indexOf(cursor.peek()) < 0) {
      if (cursor.peek() == '$' && depth == 0) {
        break;
      }
      parts.add(quantified(atom(depth)));
    }
    return parts.size() == 1 ? parts.getFirst() : new Expression.Sequence(List.copyOf(parts));
  }

  private Expression atom(int depth) {
    int c = cursor.next();
    return switch (c) {
      case '(' -> group(depth + 1);
      case '[' -> new Expression.Characters(ClassParser.parse(cursor));
      case '.' -> new Expression.Characters(LINE_ENDS.not());
      case '\\' -> new Expression.Characters(EscapeParser.parse(cursor, false, false));
      case '*', '+', '?' -> throw cursor.refused("there is nothing to repeat before a quantifier");
      case '^', '$' ->
          throw cursor.refused("anchors are supported at both ends of the expression only");
      default -> Expression.literal(Character.toString(c));
    };
  }

  private Expression group(int depth) {
    GrammarLimits.checkDepth("the regular expression", depth);
    if (cursor.take('?')) {
      groupKind();
    }
    Expression body = alternatives(depth);
    if (!cursor.take(')')) {
      throw cursor.refused("a '(' has no ')'");
    }
    return body;
  }

  private void groupKind() {
    if (cursor.take(':')) {
      return;
    }
    if (cursor.startsWith("=") || cursor.startsWith("!")) {
      throw cursor.refused("looking ahead is not supported");
    }
    if (cursor.startsWith("<=") || cursor.startsWith("<!")) {
      throw cursor.refused("looking behind is not supported");
    }
    cursor.take('P');
    if (!cursor.take('<')) {
      throw cursor.refused("flags and other kinds of groups are not supported");
    }
    while (cursor.more() && cursor.next() != '>') {
      // The group's name; nothing can refer to it.
    }
  }

  private Expression quantified(Expression body) {
    Expression result = body;
    if (cursor.take('*')) {
      result = new Expression.Repeat(body, 0, Expression.UNLIMITED);
    } else if (cursor.take('+')) {
      result = new Expression.Repeat(body, 1, Expression.UNLIMITED);
    } else if (cursor.take('?')) {
      result = Expression.optional(body);
    } else if (cursor.atCount()) {
      int[] counts = cursor.counts();
      result = new Expression.Repeat(body, counts[0], counts[1]);
    } else {
      return result;
    }
    cursor.take('?');
    if (cursor.more() && (cursor.peek() == '+' || cursor.peek() == '*' || cursor.atCount())) {
      throw cursor.refused("possessive and doubled quantifiers are not supported");
    }
    return result;
  }
}
