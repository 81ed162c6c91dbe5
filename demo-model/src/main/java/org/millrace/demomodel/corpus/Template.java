package org.millrace.demomodel.corpus;

import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * A sentence with choices and slots: {@code (What is|What's) the capital of $1}.
 *
 * <p>A choice in round brackets is made anew each time; a slot ({@code $1} from the row of a table,
 * {@code $name} from a word list) keeps its value within one exchange. Choices may nest.
 */
record Template(String text) {
  private static final Pattern SLOT = Pattern.compile("\\$(\\d|[a-z]+)");
  private static final Pattern ARTICLE = Pattern.compile("\\b([Aa]) (?=[aeio])");

  String fill(Map<String, String> slots, WordLists lists, RandomGenerator random) {
    String chosen = choose(text, random);
    String filled =
        SLOT.matcher(chosen)
            .replaceAll(match ->
                slots
                    .computeIfAbsent(match.group(1), slot -> lists.pick(slot, random))
                    .replace("$", "\\$"));
    String spelled = ARTICLE.matcher(filled).replaceAll("$1n ");
    return spelled.substring(0, 1).toUpperCase(Locale.ROOT) + spelled.substring(1);
  }

  private static String choose(String text, RandomGenerator random) {
    String rest = text;
    int close = rest.indexOf(')');
    while (close >= 0) {
      int open = rest.lastIndexOf('(', close);
      String[] choices = rest.substring(open + 1, close).split("\\|", -1);
      String choice = choices[random.nextInt(choices.length)];
      rest = rest.substring(0, open) + choice + rest.substring(close + 1);
      close = rest.indexOf(')');
    }
    return rest;
  }
}
