package org.millrace.demomodel.corpus;

import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * Names of one to four syllables that nobody has: far too many to be learned by heart, so that a
 * model must learn to copy.
 */
final class MadeUpNames {
  private static final List<String> ONSETS =
      List.of(
          "b", "br", "c", "ch", "cl", "d", "dr", "f", "fl", "fr", "g", "gl", "gr", "h", "j", "k",
          "kl", "kr", "l", "m", "n", "p", "ph", "pl", "pr", "qu", "r", "s", "sch", "sh", "sl", "st",
          "sv", "t", "th", "tr", "v", "w", "y", "z", "b", "d", "f", "g", "h", "j", "k", "l", "l",
          "m", "m", "n", "n", "p", "r", "r", "s", "t", "t", "v");
  private static final List<String> NUCLEI =
      List.of(
          "a", "e", "i", "o", "u", "a", "e", "i", "o", "u", "a", "e", "i", "o", "ai", "au", "ea",
          "ee", "ei", "eo", "ia", "ie", "io", "oa", "oo", "ou", "ue", "y");
  private static final List<String> CODAS =
      List.of(
          "n", "r", "l", "s", "th", "nd", "rt", "ck", "x", "m", "t", "d", "n", "r", "l", "s", "g",
          "p", "k", "nn", "ll", "ld", "st", "ff", "sh");
  private static final int VOWEL_FIRST_PERCENT = 18;
  private static final int CODA_INSIDE_PERCENT = 20;
  private static final int CODA_AT_END_PERCENT = 60;

  private MadeUpNames() {}

  /** The next name, with a capital. */
  static String next(RandomGenerator random) {
    int syllables = 1 + (1 + random.nextInt(6)) / 2;
    var name = new StringBuilder();
    for (int i = 0; i < syllables; i++) {
      boolean last = i == syllables - 1;
      if (i > 0 || random.nextInt(100) >= VOWEL_FIRST_PERCENT) {
        name.append(one(ONSETS, random));
      }
      name.append(one(NUCLEI, random));
      // A lone syllable needs an end, as "O" is no name.
      boolean closed = random.nextInt(100) < (last ? CODA_AT_END_PERCENT : CODA_INSIDE_PERCENT);
      if (closed || syllables == 1) {
        name.append(one(CODAS, random));
      }
    }
    return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
  }

  private static String one(List<String> choices, RandomGenerator random) {
    return choices.get(random.nextInt(choices.size()));
  }
}
