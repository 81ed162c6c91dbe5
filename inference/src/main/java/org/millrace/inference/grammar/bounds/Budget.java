package org.millrace.inference.grammar.bounds;

/**
 * Counts what compiling one grammar takes. Time and memory follow these counts, so they are bounded
 * with them. Used by one thread.
 */
public final class Budget {
  /** States of all automata together, made on the way included. */
  public static final int STATES_MAX = 200_000;

  /** Parts that a schema or grammar unfolds into. */
  public static final int PARTS_MAX = 20_000;

  private int states;
  private int parts;

  /**
   * @throws GrammarException over the limit
   */
  public void takeStates(int count) {
    states += count;
    if (states > STATES_MAX) {
      throw GrammarException.of(
          "it takes more than %d automaton states, which is the limit; shorten repeated or alternative parts",
          STATES_MAX);
    }
  }

  /**
   * @throws GrammarException over the limit
   */
  public void takePart() {
    takeParts(1);
  }

  /**
   * @throws GrammarException over the limit
   */
  public void takeParts(int count) {
    parts += count;
    if (parts > PARTS_MAX) {
      throw GrammarException.of(
          "it unfolds into more than %d parts, which is the limit; use fewer alternatives or references",
          PARTS_MAX);
    }
  }
}
