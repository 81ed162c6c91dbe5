package org.millrace.demomodel.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.millrace.demomodel.evaluation.Respondent.Reply;

class EvaluationTest {

  @Test
  void thereAreTwentyDifferentQuestions() {
    assertEquals(20, Set.copyOf(Questions.texts()).size());
  }

  @Test
  void anAnswerIsRightIfAllPartsOfOneWayOccur() {
    var question = new Question("?", List.of(List.of("red", "green"), List.of("blue")), 10);
    assertTrue(question.isRight("Red and GREEN"));
    assertTrue(question.isRight("blue"));
    assertFalse(question.isRight("green"));
  }

  @Test
  void rightAndEndedAnswersAreCountedApart() {
    var question = Question.expecting("What is 1 + 1?", "= 2.");
    var evaluation = Evaluation.of((m, max) -> new Reply("1 + 1 = 2.", false), List.of(question));
    assertEquals(1, evaluation.right());
    assertEquals(0, evaluation.ended());
    assertEquals(0, Evaluation.of((m, max) -> new Reply("3", true), List.of(question)).right());
  }
}
