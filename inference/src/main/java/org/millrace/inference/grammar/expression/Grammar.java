package org.millrace.inference.grammar.expression;

import java.util.Map;

/**
 * Rules by name; a text of the grammar is a text of the start rule.
 *
 * @param rules every rule that one of them names is among them
 */
public record Grammar(Map<String, Expression> rules, String start) {

  /** A grammar without rules of its own. */
  public static Grammar of(Expression expression) {
    return new Grammar(Map.of("root", expression), "root");
  }

  public Expression rule(String name) {
    Expression rule = rules.get(name);
    if (rule == null) {
      throw new IllegalArgumentException("rule " + name + " is not among " + rules.keySet());
    }
    return rule;
  }
}
