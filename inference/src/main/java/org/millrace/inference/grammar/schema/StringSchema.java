package org.millrace.inference.grammar.schema;

import static org.millrace.inference.grammar.expression.Expression.UNLIMITED;

import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.grammar.automaton.CodePoints;
import org.millrace.inference.grammar.automaton.Dfa;
import org.millrace.inference.grammar.automaton.Products;
import org.millrace.inference.grammar.bounds.Budget;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.expression.Expression.Automaton;
import org.millrace.inference.grammar.expression.Expression.Characters;
import org.millrace.inference.grammar.expression.Expression.Repeat;
import org.millrace.inference.grammar.expression.Thompson;
import org.millrace.inference.grammar.syntax.RegexParser;

/** Strings: by length, pattern and format, all of which must hold. */
final class StringSchema {
  private static final Expression QUOTE = Expression.literal("\"");
  private static final Expression ANY_CHARACTER = StringText.of(new Characters(CodePoints.ALL));

  private StringSchema() {}

  static Expression of(View view, Budget budget) {
    int min = view.largest("minLength", 0);
    int max = view.smallest("maxLength", UNLIMITED);
    List<Expression> contents = new ArrayList<>();
    for (View.Found pattern : view.all("pattern")) {
      contents.add(RegexParser.anywhere(pattern.text()));
    }
    for (View.Found format : view.all("format")) {
      contents.add(Formats.of(format));
    }
    if (max < min) {
      return Expression.NOTHING;
    }
    boolean counted = min > 0 || max != UNLIMITED;
    if (contents.isEmpty()) {
      return counted
          ? Expression.sequence(QUOTE, new Repeat(JsonTerms.CHARACTER, min, max), QUOTE)
          : JsonTerms.STRING;
    }
    List<Expression> texts = new ArrayList<>(contents.stream().map(StringText::of).toList());
    if (counted) {
      texts.add(new Repeat(ANY_CHARACTER, min, max));
    }
    return Expression.sequence(QUOTE, all(texts, budget), QUOTE);
  }

  private static Expression all(List<Expression> texts, Budget budget) {
    Dfa all = Thompson.automaton(texts.getFirst(), budget);
    for (Expression text : texts.subList(1, texts.size())) {
      all = Products.intersect(all, Thompson.automaton(text, budget), budget);
    }
    return new Automaton(all);
  }
}
