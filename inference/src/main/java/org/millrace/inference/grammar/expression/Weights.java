package org.millrace.inference.grammar.expression;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.millrace.inference.grammar.expression.Expression.Automaton;
import org.millrace.inference.grammar.expression.Expression.Characters;
import org.millrace.inference.grammar.expression.Expression.Choice;
import org.millrace.inference.grammar.expression.Expression.Literal;
import org.millrace.inference.grammar.expression.Expression.Repeat;
import org.millrace.inference.grammar.expression.Expression.Rule;
import org.millrace.inference.grammar.expression.Expression.Sequence;

/** How many states a part would take as one automaton; infinitely many where it is recursive. */
public final class Weights {
  public static final long INFINITE = Long.MAX_VALUE / 4;
  private final Grammar grammar;
  private final Map<String, Long> ofRules = new HashMap<>();
  private final Set<String> open = new HashSet<>();

  public Weights(Grammar grammar) {
    this.grammar = grammar;
  }

  /** Saturates at {@link #INFINITE}. */
  public long of(Expression expression) {
    return switch (expression) {
      case Literal(String text) -> 1 + text.length();
      case Characters(var set) -> 1 + 2L * set.ranges().size();
      case Automaton(var dfa) -> dfa.size();
      case Sequence(var parts) -> sum(parts);
      case Choice(var alternatives) -> sum(alternatives);
      case Repeat(var body, int min, int max) -> {
        long times = max == Expression.UNLIMITED ? min + 1L : max;
        long once = of(body);
        yield once >= INFINITE ? INFINITE : Math.min(INFINITE, 1 + times * once);
      }
      case Rule(String name) -> ofRule(name);
    };
  }

  private long sum(Iterable<Expression> parts) {
    long sum = 1;
    for (Expression part : parts) {
      sum = Math.min(INFINITE, sum + of(part));
    }
    return sum;
  }

  private long ofRule(String name) {
    Long known = ofRules.get(name);
    if (known != null) {
      return known;
    }
    if (!open.add(name)) {
      return INFINITE;
    }
    long weight = of(grammar.rule(name));
    open.remove(name);
    // Within a cycle every rule meets one that is open, so what is stored is final.
    ofRules.put(name, weight);
    return weight;
  }
}
