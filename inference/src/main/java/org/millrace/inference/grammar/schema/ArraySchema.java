package org.millrace.inference.grammar.schema;

import static org.millrace.inference.grammar.expression.Expression.UNLIMITED;

import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.expression.Expression.Repeat;
import org.millrace.inference.grammar.json.Json;

/** Arrays: first items each with a schema of its own, then any number of one kind. */
final class ArraySchema {
  private final SchemaCompiler compiler;
  private final View view;

  ArraySchema(SchemaCompiler compiler, View view) {
    this.compiler = compiler;
    this.view = view;
  }

  Expression expression() {
    int min = view.largest("minItems", 0);
    int max = view.smallest("maxItems", UNLIMITED);
    List<Expression> first = firstItems();
    View rest = restItems(first.size());
    if (rest.impossible()) {
      max = Math.min(max, first.size());
    }
    if (max < min) {
      return Expression.NOTHING;
    }
    Expression item = rest.sources().isEmpty() ? JsonTerms.ANY : compiler.rule(rest);
    if (first.isEmpty()) {
      return JsonTerms.listed("[", item, min, max, "]");
    }
    return max == 0 ? Expression.literal("[]") : withFirst(first, item, min, max);
  }

  private List<Expression> firstItems() {
    int count = 0;
    for (View.Found found : view.all("prefixItems")) {
      count = Math.max(count, found.items().size());
    }
    List<Expression> first = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      first.add(orAny(itemAt(i)));
    }
    return first;
  }

  private Expression orAny(View item) {
    return item.sources().isEmpty() && !item.impossible() ? JsonTerms.ANY : compiler.rule(item);
  }

  /** All that holds for the item at this place. */
  private View itemAt(int place) {
    var item = new View(List.of(), false);
    for (Source source : view.sources()) {
      Json prefix = source.get("prefixItems");
      Json items = source.get("items");
      if (prefix instanceof Json.JsonArray(var schemas) && place < schemas.size()) {
        String pointer = source.at("prefixItems") + "/" + place;
        item = item.and(compiler.sources().view(schemas.get(place), pointer));
      } else if (items != null) {
        item = item.and(compiler.sources().view(new View.Found(source, "items", items)));
      }
    }
    return item;
  }

  private View restItems(int place) {
    for (View.Found found : view.all("items")) {
      if (found.value() instanceof Json.JsonArray) {
        throw found.unsupported("it is an array; use 'prefixItems'");
      }
    }
    return itemAt(place);
  }

  /** From the last to the first: each is followed by a comma and the next, or by the end. */
  private Expression withFirst(List<Expression> first, Expression item, int min, int max) {
    int left = Math.min(first.size(), max);
    Expression tail = Expression.EMPTY;
    if (max > first.size()) {
      int most = max == UNLIMITED ? UNLIMITED : max - first.size();
      tail = new Repeat(JsonTerms.afterComma(item), Math.max(0, min - first.size()), most);
    }
    for (int i = left - 1; i > 0; i--) {
      Expression here = Expression.sequence(JsonTerms.afterComma(first.get(i)), tail);
      tail = i < min ? here : Expression.optional(compiler.define(here));
    }
    Expression items =
        Expression.sequence(
            Expression.literal("["),
            JsonTerms.GAP,
            first.getFirst(),
            tail,
            JsonTerms.GAP,
            Expression.literal("]"));
    return min > 0 ? items : Expression.choice(Expression.literal("[]"), items);
  }
}
