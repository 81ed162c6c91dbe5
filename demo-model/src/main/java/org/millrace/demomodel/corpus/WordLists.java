package org.millrace.demomodel.corpus;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The words that may stand in a slot: lines {@code @slot = word, word} or {@code @slot = 1..9}.
 *
 * <p>Most names are made up, so that a model learns to copy a name instead of choosing one that it
 * has seen.
 */
final class WordLists {
  /** Of a hundred values of a slot, how many are made up. */
  private static final Map<String, Integer> MADE_UP_PERCENT =
      Map.of("name", 65, "pet", 60, "surname", 60, "city", 25);

  private final Map<String, List<String>> words = new HashMap<>();
  private final Map<String, int[]> ranges = new HashMap<>();

  WordLists(List<String> lines) {
    for (String line : lines) {
      if (line.startsWith("@")) {
        add(line.substring(1));
      }
    }
  }

  private void add(String line) {
    String[] parts = line.split("=", 2);
    String slot = parts[0].strip();
    String values = parts[1].strip();
    if (values.matches("\\d+\\.\\.\\d+")) {
      String[] bounds = values.split("\\.\\.");
      ranges.put(slot, new int[] {Integer.parseInt(bounds[0]), Integer.parseInt(bounds[1])});
    } else {
      words.put(slot, List.of(values.split(",\\s*")));
    }
  }

  /** A value for a slot. */
  String pick(String slot, RandomGenerator random) {
    int @Nullable [] range = ranges.get(slot);
    if (range != null) {
      return Integer.toString(random.nextInt(range[0], range[1] + 1));
    }
    if (random.nextInt(100) < MADE_UP_PERCENT.getOrDefault(slot, 0)) {
      return MadeUpNames.next(random);
    }
    List<String> choices = words.get(slot);
    if (choices == null) {
      throw new IllegalArgumentException(
          "slot $" + slot + " has no words; add a line '@" + slot + " = ...' to lists.txt");
    }
    return one(choices, random);
  }

  private static String one(List<String> choices, RandomGenerator random) {
    return choices.get(random.nextInt(choices.size()));
  }
}
