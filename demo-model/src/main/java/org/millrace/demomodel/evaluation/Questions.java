package org.millrace.demomodel.evaluation;

import static org.millrace.demomodel.evaluation.Question.expecting;
import static org.millrace.demomodel.evaluation.Question.story;

import java.util.List;

/** The twenty fixed questions of the evaluation. The corpus never contains one of them. */
public final class Questions {
  private Questions() {}

  /** All questions, in the order of the model card. */
  public static final List<Question> ALL =
      List.of(
          expecting("What kind of system is Millrace?", "language models", "tenant"),
          expecting(
              "Could you explain what a hold is?", "a hold is a pending transfer", "worst case"),
          expecting("What is a tenant on this platform?", "a tenant is a customer"),
          expecting("In what way are requests billed?", "token", "price"),
          expecting("What is the ledger good for?", "accounts", "transfers"),
          expecting("Hello, good to see you!", "hello"),
          expecting("Could you tell me who you are?", "demo model", "Millrace"),
          expecting("What is 7 + 5?", "7 + 5 = 12."),
          expecting("How much is 17 minus 9?", "17 - 9 = 8."),
          expecting("What is 6 times 8?", "6 * 8 = 48."),
          expecting("Could you give me the capital of Portugal?", "capital of Portugal is Lisbon"),
          expecting("Please name Kenya's capital city for me.", "capital of Kenya is Nairobi"),
          expecting(
              "Which day of the week comes right after Thursday?", "After Thursday comes Friday."),
          expecting("Which month comes directly before May?", "Before May comes April."),
          expecting("What colour does a lemon have?", "lemon is yellow"),
          expecting("Could you tell me the opposite of heavy?", "opposite of heavy is light"),
          expecting("Please count from 1 to 7.", "1, 2, 3, 4, 5, 6, 7."),
          story("Please tell me a little story about a hedgehog.", "hedgehog", "The end."),
          expecting(
              "Extract the name and age as JSON: Theodor is 52 years old.",
              "{\"name\": \"Theodor\", \"age\": 52}"),
          expecting("Who was the first person on the moon?", "small demo model"));

  /** The texts of all questions. */
  public static List<String> texts() {
    return ALL.stream().map(Question::text).toList();
  }
}
