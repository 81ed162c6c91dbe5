package org.millrace.serving.stream;

import java.util.List;

/**
 * Finds where a text ends because a stop text begins, and how much of it must wait because one
 * might.
 */
final class StopTexts {
  private final List<String> stops;

  StopTexts(List<String> stops) {
    this.stops = List.copyOf(stops);
  }

  /** Index of the first stop text in {@code text}, or -1. */
  int find(CharSequence text) {
    int first = -1;
    String whole = stops.isEmpty() ? "" : text.toString();
    for (String stop : stops) {
      int at = whole.indexOf(stop);
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
    }
    return first;
  }

  /**
   * How many characters at the end of {@code text}, which holds no stop text, could be the
   * beginning of one.
   */
  int heldBack(CharSequence text) {
    int held = 0;
    for (String stop : stops) {
      for (int length = Math.min(stop.length() - 1, text.length()); length > held; length--) {
        if (endsWithStartOf(text, stop, length)) {
          held = length;
        }
      }
    }
    return held;
  }

  private static boolean endsWithStartOf(CharSequence text, String stop, int length) {
    int from = text.length() - length;
    for (int i = 0; i < length; i++) {
      if (text.charAt(from + i) != stop.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
