package org.millrace.inference.grammar.expression;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.millrace.inference.grammar.automaton.Dfa;
import org.millrace.inference.grammar.automaton.Nfa;
import org.millrace.inference.grammar.automaton.Subsets;
import org.millrace.inference.grammar.bounds.Budget;
import org.millrace.inference.grammar.expression.Expression.Automaton;
import org.millrace.inference.grammar.expression.Expression.Characters;
import org.millrace.inference.grammar.expression.Expression.Choice;
import org.millrace.inference.grammar.expression.Expression.Literal;
import org.millrace.inference.grammar.expression.Expression.Repeat;
import org.millrace.inference.grammar.expression.Expression.Rule;
import org.millrace.inference.grammar.expression.Expression.Sequence;

/**
 * Regular expressions to automata (Thompson 1968): each part becomes states between two given ones.
 */
public final class Thompson {
  private final Map<String, Expression> rules;
  private final Nfa nfa;

  private Thompson(Map<String, Expression> rules, Budget budget) {
    this.rules = rules;
    this.nfa = new Nfa(budget);
  }

  /** The automaton of an expression that names no rules. */
  public static Dfa automaton(Expression expression, Budget budget) {
    return automaton(expression, Map.of(), budget);
  }

  /**
   * @param rules those that the expression names; none of them recursive
   */
  public static Dfa automaton(Expression expression, Map<String, Expression> rules, Budget budget) {
    if (expression instanceof Automaton(Dfa dfa)) {
      return dfa;
    }
    var thompson = new Thompson(rules, budget);
    int start = thompson.nfa.newState();
    int accept = thompson.nfa.newState();
    thompson.add(expression, start, accept);
    return Subsets.determinize(thompson.nfa, start, accept, budget);
  }

  private void add(Expression expression, int from, int to) {
    switch (expression) {
      case Literal(String text) -> addLiteral(text.getBytes(StandardCharsets.UTF_8), from, to);
      case Characters(var set) -> nfa.addCharacter(from, set, to);
      case Automaton(Dfa dfa) -> addAutomaton(dfa, from, to);
      case Sequence(var parts) -> {
        int at = from;
        for (Expression part : parts) {
          int next = nfa.newState();
          add(part, at, next);
          at = next;
        }
        nfa.addEmpty(at, to);
      }
      case Choice(var alternatives) -> {
        for (Expression alternative : alternatives) {
          int start = nfa.newState();
          nfa.addEmpty(from, start);
          add(alternative, start, to);
        }
      }
      case Repeat repeat -> addRepeat(repeat, from, to);
      case Rule(String name) -> {
        Expression body = rules.get(name);
        if (body == null) {
          throw new IllegalArgumentException("no rule " + name);
        }
        add(body, from, to);
      }
    }
  }

  private void addLiteral(byte[] text, int from, int to) {
    int at = from;
    for (byte value : text) {
      int next = nfa.newState();
      nfa.addBytes(at, value & 0xFF, value & 0xFF, next);
      at = next;
    }
    nfa.addEmpty(at, to);
  }

  private void addAutomaton(Dfa dfa, int from, int to) {
    int[] states = new int[dfa.size()];
    for (int i = 0; i < states.length; i++) {
      states[i] = nfa.newState();
    }
    nfa.addEmpty(from, states[0]);
    for (int i = 0; i < states.length; i++) {
      int[] ranges = dfa.ranges(i);
      for (int r = 0; r < ranges.length; r += 3) {
        nfa.addBytes(states[i], ranges[r], ranges[r + 1], states[ranges[r + 2]]);
      }
      if (dfa.isAccepting(i)) {
        nfa.addEmpty(states[i], to);
      }
    }
  }

  private void addRepeat(Repeat repeat, int from, int to) {
    int at = from;
    for (int i = 0; i < repeat.min(); i++) {
      at = addOnce(repeat.body(), at);
    }
    if (repeat.max() == Expression.UNLIMITED) {
      int loop = nfa.newState();
      nfa.addEmpty(at, loop);
      nfa.addEmpty(addOnce(repeat.body(), loop), loop);
      nfa.addEmpty(loop, to);
      return;
    }
    for (int i = repeat.min(); i < repeat.max(); i++) {
      nfa.addEmpty(at, to);
      at = addOnce(repeat.body(), at);
    }
    nfa.addEmpty(at, to);
  }

  private int addOnce(Expression body, int from) {
    int start = nfa.newState();
    int end = nfa.newState();
    nfa.addEmpty(from, start);
    add(body, start, end);
    return end;
  }
}
