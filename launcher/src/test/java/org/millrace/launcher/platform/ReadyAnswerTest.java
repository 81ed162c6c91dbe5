package org.millrace.launcher.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ReadyAnswerTest {
  private static ReadyAnswer notReady(String reason) {
    return ReadyAnswer.of(
        503,
        "{\"status\":\"DOWN\",\"checks\":[{\"name\":\"serving-ready\",\"status\":\"DOWN\",\"data\":{\"reason\":\"%s\"}}]}"
            .formatted(reason));
  }

  @Test
  void aModelThatIsBeingLoadedIsWorthWaitingFor() {
    var answer = notReady("model m.gguf is being loaded");
    assertFalse(answer.ready());
    assertFalse(answer.isFinal());
    assertEquals("model m.gguf is being loaded", answer.text());
  }

  @Test
  void aModelThatCannotBeLoadedEndsTheWait() {
    assertTrue(notReady("model tiny: not a GGUF file").isFinal());
  }

  @Test
  void aSettingThatCannotBeUsedEndsTheWait() {
    assertTrue(notReady("millrace.engine.threads is 0; it must be 1 or more").isFinal());
  }

  @Test
  void aPageThatIsNotHealthIsJustNotReady() {
    var answer = ReadyAnswer.of(404, "<html>");
    assertFalse(answer.ready());
    assertFalse(answer.isFinal());
  }

  @Test
  void twoHundredIsReady() {
    assertTrue(ReadyAnswer.of(200, "{\"status\":\"UP\",\"checks\":[]}").ready());
  }
}
