package org.millrace.demomodel.evaluation;

import java.util.List;
import java.util.Locale;

/**
 * One question of the evaluation.
 *
 * @param text what the user asks; it never occurs in the corpus
 * @param anyOf each inner list is a way to be right: all its parts occur in the answer, whatever
 *     their capitals
 * @param tokensMax by when the answer must have ended
 */
public record Question(String text, List<List<String>> anyOf, int tokensMax) {
  private static final int SHORT_ANSWER = 80;
  private static final int STORY = 220;

  static Question expecting(String text, String... parts) {
    return new Question(text, List.of(List.of(parts)), SHORT_ANSWER);
  }

  static Question story(String text, String... parts) {
    return new Question(text, List.of(List.of(parts)), STORY);
  }

  /** Whether an answer is right. */
  public boolean isRight(String answer) {
    String lower = answer.toLowerCase(Locale.ROOT);
    return anyOf.stream()
        .anyMatch(
            parts -> parts.stream().allMatch(p -> lower.contains(p.toLowerCase(Locale.ROOT))));
  }
}
