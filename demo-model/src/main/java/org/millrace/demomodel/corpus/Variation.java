package org.millrace.demomodel.corpus;

import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * Respells questions as people type them: no capitals, no question mark, with a greeting, a slip.
 */
final class Variation {
  private static final List<String> OPENINGS =
      List.of(
          "Please tell me: ",
          "Question: ",
          "Hey, ",
          "Hi! ",
          "Hello! ",
          "Quick question: ",
          "I want to know: ",
          "I have a question. ",
          "Tell me, ",
          "Please: ",
          "Hi, ",
          "So, ",
          "OK, ",
          "And ",
          "Please answer: ",
          "Excuse me, ",
          "Hello, ",
          "Now tell me: ",
          "Answer this: ",
          "A question: ",
          "My question is: ",
          "Well, ");
  private static final List<String> CLOSINGS =
      List.of(
          " Thanks!",
          " Please answer briefly.",
          " Thank you.",
          " Please.",
          " Answer in one sentence.",
          " Do you know?",
          " Just the answer, please.",
          " Keep it short.",
          " Answer briefly.");

  private Variation() {}

  /** The question, often unchanged. */
  static String of(String question, RandomGenerator random) {
    String varied = question;
    int around = random.nextInt(100);
    if (around < 9) {
      String opening = OPENINGS.get(random.nextInt(OPENINGS.size()));
      varied = opening + (random.nextBoolean() ? lowerFirst(varied) : varied);
    } else if (around < 13) {
      varied = varied + CLOSINGS.get(random.nextInt(CLOSINGS.size()));
    }
    varied = punctuation(varied, random.nextInt(100));
    varied = letters(varied, random.nextInt(100));
    return random.nextInt(100) < 3 ? slip(varied, random) : varied;
  }

  /** A task with its text as given, in quotation marks, or on a line of its own. */
  static String ofTask(String question, RandomGenerator random) {
    int colon = question.indexOf(": ");
    int choice = random.nextInt(100);
    if (colon < 0 || choice >= 42) {
      return question;
    }
    String task = question.substring(0, colon + 1);
    String text = question.substring(colon + 2);
    if (choice < 12) {
      return task + "\n" + text;
    }
    if (choice < 16) {
      return task + "\n\n" + text;
    }
    String mark = choice < 32 ? "\"" : "'";
    return task + " " + mark + text + mark;
  }

  private static String punctuation(String text, int choice) {
    if (choice < 14) {
      return text.replaceAll("[?.!]+$", "");
    }
    if (choice < 16) {
      return text + "?";
    }
    if (choice < 19) {
      return text.replaceAll("[?.]$", "!");
    }
    if (choice < 21) {
      return text.replaceAll("\\?$", ".");
    }
    return choice < 23 ? text.replaceAll("\\?$", " ?") : text;
  }

  private static String letters(String text, int choice) {
    if (choice < 16) {
      return text.toLowerCase(Locale.ROOT);
    }
    if (choice < 18) {
      return text.toUpperCase(Locale.ROOT);
    }
    return choice < 23 ? lowerFirst(text) : text;
  }

  private static String slip(String text, RandomGenerator random) {
    if (text.length() < 12) {
      return text;
    }
    int at = random.nextInt(1, text.length() - 2);
    char first = text.charAt(at);
    char second = text.charAt(at + 1);
    if (!Character.isLetter(first) || !Character.isLetter(second)) {
      return text;
    }
    // Either two letters change places or one is lost.
    String middle = random.nextBoolean() ? "" + second + first : "" + first;
    return text.substring(0, at) + middle + text.substring(at + 2);
  }

  private static String lowerFirst(String text) {
    boolean pronoun = text.startsWith("I ") || text.startsWith("I'");
    return pronoun ? text : text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
  }
}
