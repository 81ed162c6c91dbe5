package org.millrace.inference.grammar.expression;

import java.util.List;
import org.millrace.inference.grammar.automaton.CodePoints;
import org.millrace.inference.grammar.automaton.Dfa;

/** A set of texts. */
public sealed interface Expression {
  /** No upper limit of a {@link Repeat}. */
  int UNLIMITED = Integer.MAX_VALUE;

  Expression EMPTY = new Literal("");

  /** No text at all, not even the empty one. */
  Expression NOTHING = new Choice(List.of());

  /** Exactly this text. */
  record Literal(String text) implements Expression {}

  /** One character of a set. */
  record Characters(CodePoints set) implements Expression {}

  /** The texts of an automaton. */
  record Automaton(Dfa dfa) implements Expression {}

  record Sequence(List<Expression> parts) implements Expression {}

  record Choice(List<Expression> alternatives) implements Expression {}

  /**
   * @param max {@link #UNLIMITED} for no limit
   */
  record Repeat(Expression body, int min, int max) implements Expression {}

  /** The texts of a named rule. */
  record Rule(String name) implements Expression {}

  static Expression sequence(Expression... parts) {
    return new Sequence(List.of(parts));
  }

  static Expression choice(Expression... alternatives) {
    return new Choice(List.of(alternatives));
  }

  static Expression optional(Expression body) {
    return new Repeat(body, 0, 1);
  }

  static Expression literal(String text) {
    return new Literal(text);
  }
}
