package org.millrace.demomodel.evaluation;

import java.util.ArrayList;
import java.util.List;
import org.millrace.demomodel.corpus.Message;
import org.millrace.demomodel.evaluation.Respondent.Reply;

/**
 * The result of asking all questions.
 *
 * @param answers in the order of the questions
 */
public record Evaluation(List<Answer> answers) {

  /** A question with what was answered. */
  public record Answer(Question question, Reply reply) {
    public boolean isRight() {
      return question.isRight(reply.text());
    }
  }

  public Evaluation {
    answers = List.copyOf(answers);
  }

  /** Asks each question in a conversation of its own. */
  public static Evaluation of(Respondent respondent, List<Question> questions) {
    List<Answer> answers = new ArrayList<>();
    for (Question question : questions) {
      var messages = List.of(new Message(Message.USER, question.text()));
      answers.add(new Answer(question, respondent.reply(messages, question.tokensMax())));
    }
    return new Evaluation(answers);
  }

  /** How many answers are right. */
  public long right() {
    return answers.stream().filter(Answer::isRight).count();
  }

  /** How many answers ended their turn within their limit. */
  public long ended() {
    return answers.stream().filter(answer -> answer.reply().ended()).count();
  }

  /** A line for each question and one for the whole. */
  public String report() {
    var report = new StringBuilder();
    for (Answer answer : answers) {
      String verdict = answer.isRight() ? "right" : "WRONG";
      String end = answer.reply().ended() ? "ended" : "CUT";
      report.append(
          "%s %s | %s | %s%n"
              .formatted(verdict, end, answer.question().text(), answer.reply().text()));
    }
    return report
        .append("%d of %d right, %d ended%n".formatted(right(), answers.size(), ended()))
        .toString();
  }
}
