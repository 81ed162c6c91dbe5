package org.millrace.demomodel.corpus;

import java.util.List;

/** The English words for the numbers from zero to twenty. */
final class NumberWords {
  static final int MAX = 20;
  private static final List<String> WORDS =
      List.of(
          "zero",
          "one",
          "two",
          "three",
          "four",
          "five",
          "six",
          "seven",
          "eight",
          "nine",
          "ten",
          "eleven",
          "twelve",
          "thirteen",
          "fourteen",
          "fifteen",
          "sixteen",
          "seventeen",
          "eighteen",
          "nineteen",
          "twenty");

  private NumberWords() {}

  /** The word for a number from 0 to {@link #MAX}. */
  static String of(int number) {
    return WORDS.get(number);
  }
}
