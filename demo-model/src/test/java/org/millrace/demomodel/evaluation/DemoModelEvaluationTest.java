package org.millrace.demomodel.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;

/** Asks the model of this repository, through Millrace's own engine. */
class DemoModelEvaluationTest {
  private static final Path MODEL = Path.of("model", "millrace-demo.Q8_0.gguf");
  private static final long BYTES_MAX = 12L * 1024 * 1024;
  private static final int RIGHT_MIN = 17;

  @Test
  void theBundledModelAnswersTheQuestionsAndEndsEveryTurn() {
    try (Engine engine = Engines.load(MODEL, EngineOptions.defaults())) {
      Evaluation evaluation = Evaluation.of(new EngineRespondent(engine), Questions.ALL);
      assertEquals(Questions.ALL.size(), evaluation.ended(), evaluation::report);
      assertTrue(evaluation.right() >= RIGHT_MIN, evaluation::report);
    }
  }

  @Test
  void theBundledModelIsSmall() throws IOException {
    assertTrue(Files.size(MODEL) <= BYTES_MAX);
  }
}
