package org.millrace.inference.grammar.schema;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.millrace.inference.grammar.bounds.Budget;
import org.millrace.inference.grammar.bounds.GrammarException;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.expression.Expression.Rule;
import org.millrace.inference.grammar.expression.Grammar;
import org.millrace.inference.grammar.json.Json;
import org.millrace.inference.grammar.json.JsonParser;

/**
 * Makes a grammar of a JSON Schema. Every set of schemas that must hold together becomes one rule,
 * made once; so recursion ends where the schema's does.
 */
public final class SchemaCompiler {
  /** Schemas that hold together cost as much as parts: they are looked through again and again. */
  private static final int SOURCES_PER_PART = 8;

  private final Sources sources;
  private final Budget budget;
  private final Map<String, Expression> rules = new LinkedHashMap<>(JsonTerms.RULES);
  private final Map<String, Rule> names = new HashMap<>();
  private final Deque<View> waiting = new ArrayDeque<>();

  private SchemaCompiler(Json schema, Budget budget) {
    this.sources = new Sources(schema);
    this.budget = budget;
  }

  /**
   * @throws GrammarException when the text is no JSON, or the schema says what cannot be kept; the
   *     message names the keyword and its place
   */
  public static Grammar compile(String schema, Budget budget) {
    var compiler = new SchemaCompiler(JsonParser.parse(schema), budget);
    Rule start = compiler.rule(compiler.sources.root());
    while (!compiler.waiting.isEmpty()) {
      View view = compiler.waiting.remove();
      compiler.rules.put(compiler.nameOf(view), compiler.expression(view));
    }
    return new Grammar(Map.copyOf(compiler.rules), start.name());
  }

  /** One JSON object, whatever is in it. */
  public static Grammar anyObject() {
    return JsonTerms.anyObject();
  }

  Sources sources() {
    return sources;
  }

  Budget budget() {
    return budget;
  }

  /** The texts of a schema. */
  Rule rule(View view) {
    Rule known = names.get(view.key());
    if (known != null) {
      return known;
    }
    budget.takeParts(1 + view.sources().size() / SOURCES_PER_PART);
    var rule = new Rule("schema " + names.size());
    names.put(view.key(), rule);
    waiting.add(view);
    return rule;
  }

  /** A rule of its own, for parts that are named more than once. */
  Rule define(Expression expression) {
    budget.takePart();
    var rule = new Rule("part " + rules.size() + " of " + names.size());
    rules.put(rule.name(), expression);
    return rule;
  }

  private String nameOf(View view) {
    Rule rule = names.get(view.key());
    if (rule == null) {
      throw new IllegalStateException("a view without a rule");
    }
    return rule.name();
  }

  private Expression expression(View view) {
    if (view.impossible()) {
      return Expression.NOTHING;
    }
    View.Found anyOf = view.first("anyOf");
    if (anyOf != null) {
      return branches(view, anyOf);
    }
    View.Found oneOf = view.first("oneOf");
    if (oneOf != null) {
      new Disjoint(sources).require(oneOf, view.without(oneOf));
      return branches(view, oneOf);
    }
    if (view.has("enum") || view.has("const")) {
      return Values.of(view, budget);
    }
    Set<Kind> kinds = Kind.of(view);
    List<Expression> ways = new ArrayList<>();
    for (Kind kind : kinds) {
      ways.add(ofKind(kind, view));
    }
    return ways.size() == 1 ? ways.getFirst() : new Expression.Choice(List.copyOf(ways));
  }

  private Expression branches(View view, View.Found found) {
    View rest = view.without(found);
    List<Json> branches = found.items();
    List<Expression> ways = new ArrayList<>();
    for (int i = 0; i < branches.size(); i++) {
      String pointer = found.source().at(found.keyword()) + "/" + i;
      ways.add(rule(rest.and(sources.view(branches.get(i), pointer))));
    }
    return new Expression.Choice(List.copyOf(ways));
  }

  private Expression ofKind(Kind kind, View view) {
    return switch (kind) {
      case NULL -> JsonTerms.NULL;
      case BOOLEAN -> JsonTerms.BOOLEAN;
      case INTEGER -> NumberSchema.of(view, true, budget);
      case NUMBER -> NumberSchema.of(view, false, budget);
      case STRING -> StringSchema.of(view, budget);
      case ARRAY -> new ArraySchema(this, view).expression();
      case OBJECT -> new ObjectSchema(this, view).expression();
    };
  }
}
