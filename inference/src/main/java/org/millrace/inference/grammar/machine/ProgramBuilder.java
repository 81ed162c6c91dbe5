package org.millrace.inference.grammar.machine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.millrace.inference.grammar.automaton.Dfa;
import org.millrace.inference.grammar.bounds.Budget;
import org.millrace.inference.grammar.bounds.GrammarException;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.expression.Expression.Automaton;
import org.millrace.inference.grammar.expression.Expression.Characters;
import org.millrace.inference.grammar.expression.Expression.Choice;
import org.millrace.inference.grammar.expression.Expression.Literal;
import org.millrace.inference.grammar.expression.Expression.Repeat;
import org.millrace.inference.grammar.expression.Expression.Rule;
import org.millrace.inference.grammar.expression.Expression.Sequence;
import org.millrace.inference.grammar.expression.Grammar;
import org.millrace.inference.grammar.expression.Thompson;
import org.millrace.inference.grammar.expression.Weights;

/**
 * Makes a program of a grammar: small regular parts become automata, everything else calls, splits
 * and loops.
 */
final class ProgramBuilder {
  /** Larger parts are not worth their states; their smaller parts are. */
  private static final int FUSED_WEIGHT_MAX = 400;

  private final Grammar grammar;
  private final Budget budget;
  private final Weights weights;
  private final Lexicon lexicon = new Lexicon();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Integer> rules = new LinkedHashMap<>();
  private final List<String> waiting = new ArrayList<>();
  private final Map<Expression, Integer> fused = new HashMap<>();
  private final int end;

  private ProgramBuilder(Grammar grammar, Budget budget) {
    this.grammar = grammar;
    this.budget = budget;
    this.weights = new Weights(grammar);
    this.end = add(new Node.Return());
  }

  /**
   * @throws GrammarException when it is too large, left-recursive, or matches no text
   */
  static Program build(Grammar grammar, Budget budget) {
    var builder = new ProgramBuilder(grammar, budget);
    int[] entries = builder.compileRules();
    int start = entries[0];
    var nodes = List.copyOf(builder.nodes);
    LeftRecursion.refuse(nodes, builder.lexicon, entries, List.copyOf(builder.rules.keySet()));
    int[] heights = Heights.of(nodes, entries);
    if (heights[start] > Machine.DEPTH_MAX) {
      throw heights[start] >= Heights.INFINITE
          ? new GrammarException("no text can ever match it: nothing is left, or it never ends")
          : GrammarException.of(
              "its shortest text nests %d rules deep; the limit is %d",
              heights[start], Machine.DEPTH_MAX);
    }
    return new Program(nodes, builder.lexicon, entries, start, heights);
  }

  private int[] compileRules() {
    rule(grammar.start());
    var entries = new ArrayList<Integer>();
    for (int i = 0; i < waiting.size(); i++) {
      entries.add(compile(grammar.rule(waiting.get(i)), end));
    }
    return entries.stream().mapToInt(Integer::intValue).toArray();
  }

  private int rule(String name) {
    Integer known = rules.get(name);
    if (known != null) {
      return known;
    }
    rules.put(name, waiting.size());
    waiting.add(name);
    return waiting.size() - 1;
  }

  private int add(Node node) {
    budget.takePart();
    nodes.add(node);
    return nodes.size() - 1;
  }

  /** The node where reading the expression begins, before {@code next}. */
  private int compile(Expression expression, int next) {
    if (expression.equals(Expression.EMPTY)) {
      return next;
    }
    if (weights.of(expression) <= FUSED_WEIGHT_MAX) {
      return terminal(expression, next);
    }
    return switch (expression) {
      case Literal literal -> terminal(literal, next);
      case Characters characters -> terminal(characters, next);
      case Automaton automaton -> terminal(automaton, next);
      case Sequence(var parts) -> sequence(parts, next);
      case Choice(var alternatives) -> choice(alternatives, next);
      case Repeat repeat -> repeat(repeat, next);
      case Rule(String name) -> call(name, next);
    };
  }

  /** A loop's node on the stack means that its body is being read, so none may follow a call. */
  private int call(String name, int next) {
    boolean beforeLoop = nodes.get(next) instanceof Node.Loop;
    return add(new Node.Call(rule(name), beforeLoop ? add(new Node.Split(List.of(next))) : next));
  }

  private int terminal(Expression expression, int next) {
    Integer known = fused.get(expression);
    int state;
    if (known != null) {
      state = known;
    } else {
      Dfa dfa = Thompson.automaton(expression, grammar.rules(), budget);
      state = dfa.isEmpty() ? Dfa.DEAD : lexicon.add(dfa);
      fused.put(expression, state);
    }
    return state == Dfa.DEAD ? add(new Node.Split(List.of())) : add(new Node.Terminal(state, next));
  }

  /** From right to left; neighbours that are small together become one. */
  private int sequence(List<Expression> parts, int next) {
    int at = next;
    int last = parts.size();
    while (last > 0) {
      int first = last - 1;
      long weight = weights.of(parts.get(first));
      while (first > 0
          && Math.min(Weights.INFINITE, weight + weights.of(parts.get(first - 1)))
              < FUSED_WEIGHT_MAX) {
        weight += weights.of(parts.get(--first));
      }
      var group = parts.subList(first, last);
      at = compile(group.size() == 1 ? group.getFirst() : new Sequence(List.copyOf(group)), at);
      last = first;
    }
    return at;
  }

  private int choice(List<Expression> alternatives, int next) {
    var ways = new ArrayList<Integer>();
    var small = new ArrayList<Expression>();
    long weight = 1;
    for (Expression alternative : alternatives) {
      long own = weights.of(alternative);
      if (weight + own > FUSED_WEIGHT_MAX && !small.isEmpty()) {
        ways.add(compile(new Choice(List.copyOf(small)), next));
        small.clear();
        weight = 1;
      }
      if (own < FUSED_WEIGHT_MAX) {
        small.add(alternative);
        weight += own;
      } else {
        ways.add(compile(alternative, next));
      }
    }
    if (!small.isEmpty()) {
      ways.add(compile(new Choice(List.copyOf(small)), next));
    }
    return add(new Node.Split(List.copyOf(ways)));
  }

  private int repeat(Repeat repeat, int next) {
    if (repeat.max() == 0) {
      return next;
    }
    if (repeat.max() == 1) {
      int body = compile(repeat.body(), next);
      return repeat.min() == 1 ? body : add(new Node.Split(List.of(body, next)));
    }
    int body = compile(repeat.body(), end);
    return add(new Node.Loop(body, repeat.min(), repeat.max(), next));
  }
}
