package org.millrace.inference.grammar.automaton;

import org.millrace.inference.grammar.bounds.Budget;

/** Decimal whole numbers by what remains when they are divided. */
public final class Multiples {
  private Multiples() {}

  /** The whole numbers of at least 0, without leading zeros, that {@code divisor} divides. */
  public static Dfa of(int divisor, Budget budget) {
    budget.takeStates(divisor + 2);
    var draft = new DfaDraft();
    int start = draft.newState(false);
    int zero = draft.newState(true);
    for (int remainder = 0; remainder < divisor; remainder++) {
      draft.newState(remainder == 0);
    }
    draft.addRange(start, '0', '0', zero);
    for (int digit = 1; digit < 10; digit++) {
      draft.addRange(start, '0' + digit, '0' + digit, 2 + digit % divisor);
    }
    for (int remainder = 0; remainder < divisor; remainder++) {
      for (int digit = 0; digit < 10; digit++) {
        int next = (remainder * 10 + digit) % divisor;
        draft.addRange(2 + remainder, '0' + digit, '0' + digit, 2 + next);
      }
    }
    return draft.build();
  }
}
