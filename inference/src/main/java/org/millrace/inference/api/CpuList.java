package org.millrace.inference.api;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The processors that an engine's threads are pinned to, one each, in this order; empty where the
 * system is to place them.
 *
 * @param cpus numbers as the system counts processors, from 0; none twice
 */
public record CpuList(List<Integer> cpus) {
  /** The system places threads. */
  public static final CpuList NONE = new CpuList(List.of());

  private static final int CPUS_MAX = 1024;
  private static final Pattern RANGE = Pattern.compile("(\\d{1,4})(?:-(\\d{1,4}))?");

  public CpuList {
    cpus = List.copyOf(cpus);
  }

  /**
   * Reads a list as {@code taskset} takes it, such as {@code 0-3,8}; nothing is {@link #NONE}.
   *
   * @throws IllegalArgumentException when it is none, or names a processor twice; the message says
   *     what is allowed
   */
  public static CpuList parse(String text) {
    if (text.isBlank()) {
      return NONE;
    }
    var cpus = new ArrayList<Integer>();
    for (String part : text.split(",", -1)) {
      Matcher range = RANGE.matcher(part.strip());
      if (!range.matches()) {
        throw fault(text);
      }
      int first = Integer.parseInt(range.group(1));
      int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
      if (last < first || last >= CPUS_MAX) {
        throw fault(text);
      }
      for (int cpu = first; cpu <= last; cpu++) {
        if (cpus.contains(cpu)) {
          throw fault(text);
        }
        cpus.add(cpu);
      }
    }
    return new CpuList(cpus);
  }

  private static IllegalArgumentException fault(String text) {
    return new IllegalArgumentException(
        "'%s' is no list of processors; give numbers below %d and ranges, none twice, such as 0-3,8"
            .formatted(text, CPUS_MAX));
  }
}
