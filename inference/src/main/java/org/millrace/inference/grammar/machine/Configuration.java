package org.millrace.inference.grammar.machine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everywhere that a text can have got to: all its readings. Made once and remembered with what
 * follows it. Used under its {@link Machine}'s lock.
 */
public final class Configuration {
  /** After bytes that no text of the grammar begins with. */
  public static final Configuration DEAD = new Configuration(List.of(), false, 0);

  final List<Reading> readings;
  private final boolean complete;
  final @Nullable Configuration[] successors;
  private @Nullable Object note;

  Configuration(List<Reading> readings, boolean complete, int byteClasses) {
    this.readings = readings;
    this.complete = complete;
    this.successors = new @Nullable Configuration[byteClasses];
  }

  /** Whether the text so far is a text of the grammar. */
  public boolean isComplete() {
    return complete;
  }

  /** Whether the text so far can go on. */
  public boolean canGoOn() {
    return !readings.isEmpty();
  }

  /** What it has in common with configurations that differ in counts alone. */
  public Shape shape() {
    return Shape.of(readings, true);
  }

  /** What it has in common with those that may be elsewhere in their automata, too. */
  public Shape outline() {
    return Shape.of(readings, false);
  }

  /** What a user of the machine remembered here. */
  public @Nullable Object note() {
    return note;
  }

  public void setNote(Object value) {
    note = value;
  }

  /**
   * What follows each class of bytes, as far as it was asked for. For walks that cannot afford a
   * call; not to be written to.
   */
  public @Nullable Configuration[] successors() {
    return successors;
  }
}
