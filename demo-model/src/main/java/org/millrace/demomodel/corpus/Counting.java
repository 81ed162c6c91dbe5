package org.millrace.demomodel.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Counting to twenty and back, what comes after and before, letters in order. */
record Counting() implements Topic {
  private static final List<String> UP =
      List.of(
          "Count to %s.",
          "Count from 1 to %s.",
          "Can you count to %s?",
          "Please count to %s.",
          "Count from one to %s.",
          "Count up to %s.",
          "Say the numbers from 1 to %s.",
          "List the numbers from 1 to %s.",
          "Name the numbers 1 to %s.",
          "Write the numbers from 1 to %s.",
          "Could you count to %s?",
          "Count till %s.");
  private static final List<String> DOWN =
      List.of(
          "Count down from %s.",
          "Count down from %s to 1.",
          "Count backwards from %s.",
          "Count back from %s.",
          "Can you count down from %s?",
          "Count from %s to 1.",
          "Count backwards from %s to 1.");
  private static final List<String> AFTER =
      List.of(
          "What comes after %s?",
          "Which number comes after %s?",
          "What number comes after %s?",
          "What is the next number after %s?",
          "What is the number after %s?",
          "Which number follows %s?",
          "After %s comes what number?");
  private static final List<String> BEFORE =
      List.of(
          "What comes before %s?",
          "Which number comes before %s?",
          "What number comes before %s?",
          "What is the number before %s?",
          "Which number is before %s?");

  @Override
  public String name() {
    return "counting";
  }

  @Override
  public int weight() {
    return 24;
  }

  @Override
  public List<Exchange> next(RandomGenerator random) {
    return List.of(
        switch (random.nextInt(9)) {
          case 0, 1, 7, 8 -> up(random);
          case 6 -> between(random);
          case 2 -> down(random);
          case 3 -> neighbour(random, AFTER, 1);
          case 4 -> neighbour(random, BEFORE, -1);
          default -> letter(random);
        });
  }

  private static Exchange up(RandomGenerator random) {
    int end = random.nextInt(2, 21);
    String numbers =
        IntStream.rangeClosed(1, end).mapToObj(Integer::toString).collect(Collectors.joining(", "));
    return new Exchange(one(UP, random).formatted(spelled(end, random)), numbers + ".", false);
  }

  private static Exchange between(RandomGenerator random) {
    int start = random.nextInt(2, 16);
    int end = start + random.nextInt(2, 6);
    String numbers =
        IntStream.rangeClosed(start, end)
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(", "));
    List<String> frames =
        List.of(
            "Count from %d to %d.",
            "Can you count from %d to %d?", "List the numbers from %d to %d.");
    return new Exchange(one(frames, random).formatted(start, end), numbers + ".", false);
  }

  private static Exchange down(RandomGenerator random) {
    int start = random.nextInt(3, 21);
    List<String> numbers = new ArrayList<>();
    for (int i = start; i > 0; i--) {
      numbers.add(Integer.toString(i));
    }
    String question = one(DOWN, random).formatted(spelled(start, random));
    return new Exchange(question, String.join(", ", numbers) + ".", false);
  }

  private static Exchange neighbour(RandomGenerator random, List<String> frames, int offset) {
    int number = random.nextInt(1, 51);
    String question = one(frames, random).formatted(spelled(number, random));
    String where = offset > 0 ? "After" : "Before";
    String answer = "%s %d comes %d.".formatted(where, number, number + offset);
    return new Exchange(question, answer, false);
  }

  private static Exchange letter(RandomGenerator random) {
    boolean after = random.nextBoolean();
    char letter = (char) ((after ? 'A' : 'B') + random.nextInt(25));
    char other = (char) (letter + (after ? 1 : -1));
    String where = after ? "after" : "before";
    List<String> frames =
        List.of(
            "Which letter comes %s %s?",
            "What letter comes %s %s?",
            "What comes %s %s in the alphabet?",
            "Which letter is %s %s in the alphabet?",
            "What is the letter %s %s?");
    String question = one(frames, random).formatted(where, letter);
    String answer = "%s %c comes %c.".formatted(after ? "After" : "Before", letter, other);
    return new Exchange(question, answer, false);
  }

  private static String spelled(int number, RandomGenerator random) {
    boolean word = number <= NumberWords.MAX && random.nextInt(3) == 0;
    return word ? NumberWords.of(number) : Integer.toString(number);
  }

  private static String one(List<String> choices, RandomGenerator random) {
    return choices.get(random.nextInt(choices.size()));
  }
}
