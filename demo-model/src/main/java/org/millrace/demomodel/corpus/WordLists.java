package org.millrace.demomodel.corpus;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The words that may stand in a slot: lines {@code @slot = word, word} or {@code @slot = 1..9}.
 *
 * <p>Three in ten people's names are made of syllables, so that a model learns to copy a name
 * instead of choosing one that it has seen.
 */
final class WordLists {
  private static final int MADE_UP_PERCENT = 30;
  private static final List<String> STARTS =
      List.of(
          "Ba", "Be", "Bo", "Da", "De", "Do", "Fa", "Fe", "Ga", "Go", "Ha", "He", "Ja", "Jo", "Ka",
          "Ke", "Ki", "La", "Le", "Lo", "Ma", "Me", "Mo", "Na", "Ne", "Pa", "Pe", "Ra", "Re", "Ro",
          "Sa", "Se", "Ta", "Te", "To", "Va", "Ve", "Wi", "Za", "Zo", "Al", "El", "Or", "Ul", "Bri",
          "Cla", "Dra", "Fre", "Gra", "Kri", "Pla", "Sta", "Tri");
  private static final List<String> MIDDLES =
      List.of("", "", "li", "ra", "ni", "mo", "ta", "ve", "ri", "do", "sa", "be", "lo", "mi");
  private static final List<String> ENDS =
      List.of(
          "n", "na", "la", "s", "ra", "nd", "th", "lio", "rik", "nka", "to", "lla", "x", "rd",
          "sha", "nne", "m", "ro", "din", "ck", "vi", "l", "ne", "ma");

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
    if (slot.equals("name") && random.nextInt(100) < MADE_UP_PERCENT) {
      return one(STARTS, random) + one(MIDDLES, random) + one(ENDS, random);
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
