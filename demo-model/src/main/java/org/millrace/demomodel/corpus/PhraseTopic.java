package org.millrace.demomodel.corpus;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** A topic of the phrase files. */
record PhraseTopic(
    String name,
    int weight,
    boolean exact,
    boolean script,
    List<List<String>> rows,
    List<Entry> entries,
    WordLists lists)
    implements Topic {

  /** Ways to ask and ways to answer. */
  record Entry(List<Template> questions, List<Template> answers) {}

  @Override
  public List<Exchange> next(RandomGenerator random) {
    Map<String, String> slots = new HashMap<>();
    if (!rows.isEmpty()) {
      List<String> row = one(rows, random);
      for (int i = 0; i < row.size(); i++) {
        slots.put(Integer.toString(i + 1), row.get(i));
      }
    }
    if (!script) {
      return List.of(fill(one(entries, random), slots, random));
    }
    List<Exchange> turns = new ArrayList<>();
    for (Entry entry : entries) {
      turns.add(fill(entry, slots, random));
    }
    return turns;
  }

  private Exchange fill(Entry entry, Map<String, String> slots, RandomGenerator random) {
    String question = one(entry.questions(), random).fill(slots, lists, random);
    String answer = one(entry.answers(), random).fill(slots, lists, random);
    return new Exchange(question, answer, exact);
  }

  private static <T> T one(List<T> choices, RandomGenerator random) {
    return choices.get(random.nextInt(choices.size()));
  }

  /** Takes the lines of one section. */
  static final class Builder {
    private final String name;
    private final int weight;
    private final boolean exact;
    private final boolean script;
    private final WordLists lists;
    private final List<List<String>> rows = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();

    Builder(String header, WordLists lists) {
      List<String> words = List.of(header.split(" "));
      this.name = words.get(0);
      this.weight = Integer.parseInt(words.get(1));
      this.exact = words.contains("exact");
      this.script = words.contains("script");
      this.lists = lists;
    }

    void line(char kind, String text) {
      switch (kind) {
        case '-' -> rows.add(List.of(text.split("\\s*\\|\\s*")));
        case '?' -> question(new Template(text));
        case '!' -> entries.getLast().answers().add(new Template(text));
        case '#' -> {}
        default ->
            throw new IllegalArgumentException(
                "topic %s has the line '%s %s'; a line begins with -, ?, ! or #"
                    .formatted(name, kind, text));
      }
    }

    private void question(Template template) {
      if (entries.isEmpty() || !entries.getLast().answers().isEmpty()) {
        entries.add(new Entry(new ArrayList<>(), new ArrayList<>()));
      }
      entries.getLast().questions().add(template);
    }

    PhraseTopic build() {
      return new PhraseTopic(
          name, weight, exact, script, List.copyOf(rows), List.copyOf(entries), lists);
    }
  }
}
