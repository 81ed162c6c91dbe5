package org.millrace.inference.grammar.machine;

/**
 * One way to read the text so far: within an automaton, with what comes after it.
 *
 * @param state of the {@link Lexicon}
 * @param next the node after the terminal
 * @param frame the stack below
 */
record Reading(int state, int next, Frame frame) implements Comparable<Reading> {
  @Override
  public int compareTo(Reading other) {
    int byState = Integer.compare(state, other.state);
    if (byState != 0) {
      return byState;
    }
    int byNext = Integer.compare(next, other.next);
    return byNext != 0 ? byNext : Integer.compare(frame.id, other.frame.id);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Reading reading
        && state == reading.state
        && next == reading.next
        && frame == reading.frame;
  }

  @Override
  public int hashCode() {
    return (state * 31 + next) * 31 + frame.id;
  }
}
