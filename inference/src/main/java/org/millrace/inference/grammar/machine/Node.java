package org.millrace.inference.grammar.machine;

import java.util.List;

/** An instruction of a {@link Program}; nodes are named by their index. */
sealed interface Node {
  /** Reads a text of the automaton that starts in this state of the {@link Lexicon}. */
  record Terminal(int state, int next) implements Node {}

  /** Goes through a rule and comes back to {@code next}. */
  record Call(int rule, int next) implements Node {}

  /** Goes every one of these ways; none of them is the end of this reading. */
  record Split(List<Integer> ways) implements Node {}

  /**
   * Goes through the body {@code min} to {@code max} times; the count is kept on the stack, so that
   * large counts cost nothing.
   */
  record Loop(int body, int min, int max, int next) implements Node {}

  /** The end of a rule or of a loop's body. */
  record Return() implements Node {}
}
