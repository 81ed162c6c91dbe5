package org.millrace.serving.meter;

import java.util.Locale;

/** How a request ended. The order is part of the journal's format. */
public enum Outcome {
  FINISHED,
  CANCELLED,
  FAILED;

  private static final Outcome[] VALUES = values();

  /** As usage records and status views spell it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Outcome of(int ordinal) {
    // A slot that says nothing sensible belongs to a request that did not end well.
    return ordinal >= 0 && ordinal < VALUES.length ? VALUES[ordinal] : FAILED;
  }
}
