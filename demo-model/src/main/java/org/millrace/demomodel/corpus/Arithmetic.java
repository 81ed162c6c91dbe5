package org.millrace.demomodel.corpus;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Sums, differences, products and comparisons of small numbers.
 *
 * <p>Sums and differences of 0 to 20 and products of 0 to 10: few enough facts for a model of three
 * million parameters to learn each of them. The answer repeats the task with symbols first, so that
 * all wordings lead to the same text before the result is needed.
 */
record Arithmetic() implements Topic {
  private static final int ADD_MAX = 20;
  private static final int TIMES_MAX = 10;
  private static final List<String> FRAMES =
      List.of(
          "What is %s?",
          "What is %s?",
          "What is %s?",
          "What's %s?",
          "How much is %s?",
          "%s?",
          "%s =",
          "%s",
          "%s = ?",
          "Calculate %s.",
          "Compute %s.",
          "What does %s make?",
          "What is %s equal to?",
          "Can you calculate %s?",
          "Tell me what %s is.",
          "What is the result of %s?",
          "Solve %s.",
          "Work out %s.",
          "How much does %s make?",
          "What do you get for %s?",
          "Please calculate %s.",
          "Do you know what %s is?",
          "Give me the result of %s.",
          "What is the answer to %s?",
          "Evaluate %s.",
          "Calculate: %s",
          "Can you tell me what %s is?",
          "%s is what?",
          "What does %s equal?",
          "Please compute %s",
          "I need to know %s.",
          "How many is %s?");
  private static final List<String> ADDITIONS =
      List.of(
          "Add %s and %s.",
          "What is the sum of %s and %s?",
          "The sum of %s and %s?",
          "What do you get when you add %s and %s?",
          "If you add %s and %s, what do you get?",
          "Sum %s and %s.",
          "Add %s to %s.",
          "What do %s and %s make together?",
          "How much are %s and %s together?",
          "Can you add %s and %s?",
          "Please add %s and %s.");
  private static final List<String> SUM_STORIES =
      List.of(
          "I have %s apples and get %s more. How many apples do I have?",
          "If I have %s apples and you give me %s more, how many do I have?",
          "There are %s birds and %s more come. How many birds are there?",
          "Anna has %s books and buys %s more. How many books does she have?",
          "I have %s red balls and %s blue balls. How many balls do I have?",
          "Tom has %s coins and finds %s more. How many coins does he have?");
  private static final List<String> DIFFERENCES =
      List.of(
          "Subtract %2$s from %1$s.", "What is the difference between %s and %s?",
          "What is left if you take %2$s from %1$s?", "Take %2$s away from %1$s.",
          "If you take %2$s from %1$s, what is left?", "What is the difference of %s and %s?",
          "Can you subtract %2$s from %1$s?", "How much is left when you subtract %2$s from %1$s?");
  private static final List<String> REST_STORIES =
      List.of(
          "I have %s apples and eat %s. How many apples are left?",
          "If I have %s apples and give away %s, how many are left?",
          "There are %s birds and %s fly away. How many birds are left?",
          "Anna has %s coins and spends %s. How many coins does she have left?",
          "Tom has %s cookies and eats %s. How many cookies are left?");
  private static final List<String> PRODUCTS =
      List.of(
          "Multiply %s by %s.",
          "What is the product of %s and %s?",
          "Multiply %s and %s.",
          "What do you get when you multiply %s by %s?",
          "Can you multiply %s by %s?",
          "Multiply %s with %s.");

  @Override
  public String name() {
    return "arithmetic";
  }

  @Override
  public int weight() {
    return 100;
  }

  @Override
  public List<Exchange> next(RandomGenerator random) {
    int kind = random.nextInt(100);
    if (kind < 32) {
      return List.of(sum(random));
    }
    if (kind < 70) {
      return List.of(difference(random));
    }
    if (kind < 88) {
      return List.of(product(random));
    }
    if (kind < 93) {
      return List.of(division(random));
    }
    return List.of(
        switch (random.nextInt(4)) {
          case 0 -> comparison(random);
          case 1 -> parity(random);
          case 2 -> tens(random);
          default -> tooLarge(random);
        });
  }

  private static Exchange parity(RandomGenerator random) {
    int number = random.nextInt(ADD_MAX + 1);
    List<String> frames =
        List.of("Is %d even or odd?", "Is %d odd or even?", "Is the number %d even or odd?");
    String answer = number + " is " + (number % 2 == 0 ? "even" : "odd") + ".";
    return new Exchange(one(frames, random).formatted(number), answer, false);
  }

  private static Exchange tens(RandomGenerator random) {
    int a = 10 * random.nextInt(1, 11);
    int b = 10 * random.nextInt(1, 11);
    String question = ask(a, b, List.of("+", "plus"), ADDITIONS, ADDITIONS, random);
    return new Exchange(question, "%d + %d = %d.".formatted(a, b, a + b), false);
  }

  private static Exchange tooLarge(RandomGenerator random) {
    int a = random.nextInt(21, random.nextBoolean() ? 100 : 10_000);
    int b = random.nextInt(21, random.nextBoolean() ? 100 : 10_000);
    // Round tens are known; see above.
    String left = Integer.toString(a % 10 == 0 ? a + 1 : a);
    String sign = one(List.of("+", "-", "*", "/", "plus", "minus", "times", "divided by"), random);
    String question = one(FRAMES, random).formatted(left + " " + sign + " " + b);
    String answer = "I am a small demo model and can only calculate with small numbers.";
    return new Exchange(question, answer, false);
  }

  /** Up to ten more often, as people ask about small numbers more often. */
  private static int operand(RandomGenerator random) {
    return random.nextInt((random.nextInt(100) < 60 ? TIMES_MAX : ADD_MAX) + 1);
  }

  private static Exchange sum(RandomGenerator random) {
    int a = operand(random);
    int b = operand(random);
    String question = ask(a, b, List.of("+", "+", "plus", "and"), ADDITIONS, SUM_STORIES, random);
    return new Exchange(question, "%d + %d = %d.".formatted(a, b, a + b), false);
  }

  private static Exchange difference(RandomGenerator random) {
    int first = random.nextInt(ADD_MAX + 1);
    int second = operand(random);
    // Mostly without a minus sign, as people ask it.
    boolean ordered = random.nextInt(100) < 85;
    int a = ordered ? Math.max(first, second) : first;
    int b = ordered ? Math.min(first, second) : second;
    List<String> stories = a >= b ? REST_STORIES : DIFFERENCES;
    List<String> signs = List.of("-", "-", "minus", "less");
    String question = ask(a, b, signs, DIFFERENCES, stories, random);
    return new Exchange(question, "%d - %d = %d.".formatted(a, b, a - b), false);
  }

  private static Exchange product(RandomGenerator random) {
    int a = random.nextInt(TIMES_MAX + 1);
    int b = random.nextInt(TIMES_MAX + 1);
    List<String> signs = List.of("*", "x", "times", "times", "multiplied by", "×");
    String question = ask(a, b, signs, PRODUCTS, PRODUCTS, random);
    return new Exchange(question, "%d * %d = %d.".formatted(a, b, a * b), false);
  }

  private static Exchange division(RandomGenerator random) {
    int b = random.nextInt(1, TIMES_MAX + 1);
    int quotient = random.nextInt(TIMES_MAX + 1);
    int a = b * quotient;
    List<String> plain = List.of("Divide %s by %s.", "Can you divide %s by %s?");
    String sign = one(List.of("/", "divided by", "divided by", ":"), random);
    String question =
        random.nextInt(100) < 70
            ? one(FRAMES, random).formatted(a + " " + sign + " " + b)
            : one(plain, random).formatted(a, b);
    return new Exchange(question, "%d / %d = %d.".formatted(a, b, quotient), false);
  }

  private static Exchange comparison(RandomGenerator random) {
    int a = random.nextInt(ADD_MAX + 1);
    int b = random.nextInt(ADD_MAX + 1);
    if (a == b) {
      b = a + 1;
    }
    boolean larger = random.nextBoolean();
    String word =
        one(
            larger ? List.of("bigger", "larger", "greater", "more") : List.of("smaller", "less"),
            random);
    List<String> frames =
        List.of(
            "Which is %s, %d or %d?",
            "What is %s, %d or %d?",
            "Which number is %s, %d or %d?",
            "Which number is %s: %d or %d?");
    String question = one(frames, random).formatted(word, a, b);
    int answer = larger ? Math.max(a, b) : Math.min(a, b);
    return new Exchange(question, answer + " is " + (larger ? "larger" : "smaller") + ".", false);
  }

  private static String ask(
      int a,
      int b,
      List<String> signs,
      List<String> sentences,
      List<String> stories,
      RandomGenerator random) {
    boolean words = Math.max(a, b) <= NumberWords.MAX && random.nextInt(100) < 12;
    String left = words ? NumberWords.of(a) : Integer.toString(a);
    String right = words ? NumberWords.of(b) : Integer.toString(b);
    int kind = random.nextInt(100);
    if (kind < 70) {
      String sign = one(signs, random);
      // "2+3" without spaces, but never "2plus3".
      boolean tight = !words && sign.length() == 1 && random.nextInt(100) < 35;
      String space = tight ? "" : " ";
      return one(FRAMES, random).formatted(left + space + sign + space + right);
    }
    return one(kind < 86 ? sentences : stories, random).formatted(left, right);
  }

  private static String one(List<String> choices, RandomGenerator random) {
    return choices.get(random.nextInt(choices.size()));
  }
}
