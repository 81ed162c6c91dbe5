package org.millrace.inference.template.jinja;

/**
 * What one rendering may still spend. A template comes with a model file, so it is not trusted to
 * end. Not thread-safe.
 */
final class Budget {
  static final int TEXT_CHARS_MAX = 8_000_000;
  static final int STEPS_MAX = 5_000_000;
  static final long CHARS_MAX = 100_000_000;
  static final int DEPTH_MAX = 100;
  static final int RANGE_MAX = 100_000;
  private int steps;
  private long chars;
  private int depth;

  void step() {
    if (++steps > STEPS_MAX) {
      throw JinjaException.tooMuch("the template takes more than %d steps".formatted(STEPS_MAX));
    }
  }

  /** Counts what an operation made, for all its texts and lists together. */
  void made(Object value) {
    long more =
        switch (value) {
          case Text text -> text.units();
          case java.util.Collection<?> items -> items.size();
          default -> 1;
        };
    chars += more;
    if (chars > CHARS_MAX) {
      throw JinjaException.tooMuch(
          "the template makes more than %d characters in all".formatted(CHARS_MAX));
    }
  }

  void enter() {
    if (++depth > DEPTH_MAX) {
      throw new JinjaException(
          "RecursionError", "macros call each other more than %d deep".formatted(DEPTH_MAX));
    }
  }

  void leave() {
    depth--;
  }

  /** Refuses an operation whose result would be too large, before it is made. */
  static void check(long chars) {
    if (chars > TEXT_CHARS_MAX) {
      throw JinjaException.tooMuch(
          "the template makes a value of size %d; the limit is %d"
              .formatted(chars, TEXT_CHARS_MAX));
    }
  }
}
