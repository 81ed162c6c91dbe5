package org.millrace.inference.grammar.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.millrace.inference.grammar.automaton.CodePoints;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.expression.Expression.Characters;
import org.millrace.inference.grammar.expression.Expression.Choice;
import org.millrace.inference.grammar.expression.Expression.Literal;
import org.millrace.inference.grammar.expression.Expression.Repeat;
import org.millrace.inference.grammar.expression.Expression.Sequence;
import org.millrace.inference.grammar.json.JsonText;

/**
 * Texts as they are written between the quotation marks of a JSON string, each in its shortest form
 * only, so that two such languages can be intersected. Of sets of characters, controls are kept
 * where they have a short escape.
 */
final class StringText {
  private static final CodePoints ESCAPED = CodePoints.of("\"\\\b\f\n\r\t");

  private StringText() {}

  static Expression of(Expression content) {
    return switch (content) {
      case Literal(String text) ->
          new Literal(text.codePoints().mapToObj(JsonText::escaped).collect(Collectors.joining()));
      case Characters(CodePoints set) -> characters(set);
      case Sequence(var parts) -> new Sequence(parts.stream().map(StringText::of).toList());
      case Choice(var alternatives) ->
          new Choice(alternatives.stream().map(StringText::of).toList());
      case Repeat(var body, int min, int max) -> new Repeat(of(body), min, max);
      case Expression.Automaton automaton ->
          throw new IllegalArgumentException("an automaton has no text");
      case Expression.Rule rule -> throw new IllegalArgumentException("a rule has no text");
    };
  }

  private static Expression characters(CodePoints set) {
    List<Expression> ways = new ArrayList<>();
    CodePoints plain = set.and(JsonTerms.PLAIN);
    if (!plain.isEmpty()) {
      ways.add(new Characters(plain));
    }
    for (int[] range : set.and(ESCAPED).ranges()) {
      for (int point = range[0]; point <= range[1]; point++) {
        ways.add(Expression.literal(JsonText.escaped(point)));
      }
    }
    return ways.size() == 1 ? ways.getFirst() : new Choice(List.copyOf(ways));
  }
}
