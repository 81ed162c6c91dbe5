package org.millrace.inference.grammar.schema;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.automaton.Words;
import org.millrace.inference.grammar.bounds.Budget;
import org.millrace.inference.grammar.bounds.GrammarException;
import org.millrace.inference.grammar.bounds.GrammarLimits;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.json.Json;

/** {@code enum} and {@code const}: a few values, written compactly. */
final class Values {
  private Values() {}

  static Expression of(View view, Budget budget) {
    Set<Json> values = listed(view);
    if (values == null) {
      throw new IllegalArgumentException("no values are listed");
    }
    Set<Kind> kinds = Kind.of(view);
    List<String> texts = new ArrayList<>();
    for (Json value : values) {
      if (Kind.allows(kinds, value)) {
        refuseMore(view, value);
        texts.add(value.compact());
      }
    }
    return new Expression.Automaton(Words.of(texts, budget));
  }

  /** The values that all of the schemas list, or {@code null} where none lists any. */
  static @Nullable Set<Json> listed(View view) {
    Set<Json> values = null;
    for (View.Found found : view.all("enum")) {
      if (found.items().size() > GrammarLimits.CHOICES_MAX) {
        throw GrammarException.of(
            "schema keyword 'enum' at %s has %d values; the limit is %d",
            found.source().place(), found.items().size(), GrammarLimits.CHOICES_MAX);
      }
      values = both(values, found.items());
    }
    for (View.Found found : view.all("const")) {
      values = both(values, List.of(found.value()));
    }
    return values;
  }

  private static Set<Json> both(@Nullable Set<Json> values, List<Json> more) {
    var both = new LinkedHashSet<>(more);
    if (values != null) {
      both.retainAll(values);
    }
    return both;
  }

  /** Other keywords would have to be looked at for each value; that is not done. */
  private static void refuseMore(View view, Json value) {
    for (Kind kind : Kind.values()) {
      if (!Kind.allows(Set.of(kind), value)) {
        continue;
      }
      for (String keyword : Kind.keywords(kind)) {
        View.Found found = view.first(keyword);
        if (found != null) {
          throw found.unsupported("it stands together with 'enum' or 'const'");
        }
      }
    }
  }
}
