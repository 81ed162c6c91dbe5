package org.millrace.inference.grammar.automaton;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A set of Unicode scalar values (code points without surrogates), as sorted ranges that do not
 * touch. Immutable.
 */
public final class CodePoints {
  public static final int LAST = 0x10FFFF;
  private static final int SURROGATES_FIRST = 0xD800;
  private static final int SURROGATES_LAST = 0xDFFF;

  /** Every character. */
  public static final CodePoints ALL = of(0, LAST);

  public static final CodePoints NONE = new CodePoints(new int[0]);

  // from, to, from, to, ... both ends included
  private final int[] bounds;

  private CodePoints(int[] bounds) {
    this.bounds = bounds;
  }

  /** The characters from {@code from} to {@code to}, both included. */
  public static CodePoints of(int from, int to) {
    return ofRanges(List.of(new int[] {from, to}));
  }

  /** The characters of a text. */
  public static CodePoints of(String characters) {
    return ofRanges(characters.codePoints().mapToObj(point -> new int[] {point, point}).toList());
  }

  private static CodePoints ofRanges(List<int[]> ranges) {
    var cut = new ArrayList<int[]>();
    for (int[] range : ranges) {
      addWithoutSurrogates(cut, range[0], range[1]);
    }
    cut.sort((a, b) -> Integer.compare(a[0], b[0]));
    var bounds = new int[cut.size() * 2];
    int size = 0;
    for (int[] range : cut) {
      if (size > 0 && range[0] <= bounds[size - 1] + 1) {
        bounds[size - 1] = Math.max(bounds[size - 1], range[1]);
      } else {
        bounds[size++] = range[0];
        bounds[size++] = range[1];
      }
    }
    return new CodePoints(Arrays.copyOf(bounds, size));
  }

  private static void addWithoutSurrogates(List<int[]> ranges, int from, int to) {
    if (from < SURROGATES_FIRST && from <= to) {
      ranges.add(new int[] {from, Math.min(to, SURROGATES_FIRST - 1)});
    }
    if (to > SURROGATES_LAST && from <= to) {
      ranges.add(new int[] {Math.max(from, SURROGATES_LAST + 1), to});
    }
  }

  public CodePoints or(CodePoints other) {
    var ranges = new ArrayList<>(ranges());
    ranges.addAll(other.ranges());
    return ofRanges(ranges);
  }

  public CodePoints not() {
    var ranges = new ArrayList<int[]>();
    int next = 0;
    for (int[] range : ranges()) {
      ranges.add(new int[] {next, range[0] - 1});
      next = range[1] + 1;
    }
    ranges.add(new int[] {next, LAST});
    return ofRanges(ranges);
  }

  public CodePoints without(CodePoints other) {
    return not().or(other).not();
  }

  public CodePoints and(CodePoints other) {
    return not().or(other.not()).not();
  }

  public boolean isEmpty() {
    return bounds.length == 0;
  }

  /** Ranges of two, both ends included, in order. */
  public List<int[]> ranges() {
    var ranges = new ArrayList<int[]>(bounds.length / 2);
    for (int i = 0; i < bounds.length; i += 2) {
      ranges.add(new int[] {bounds[i], bounds[i + 1]});
    }
    return ranges;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CodePoints set && Arrays.equals(bounds, set.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }
}
