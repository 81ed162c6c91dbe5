package org.millrace.webapi.completion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.millrace.webapi.completion.OnceOnly.Claim;
import org.millrace.webapi.http.Reply;

class OnceOnlyTest {
  private static final byte[] PRINT = {1};

  private Instant now = Instant.parse("2026-11-20T12:00:00Z");
  private final OnceOnly memory = new OnceOnly(3, 1_000, () -> now);

  @Test
  void whatRunsIsKnownToRunUntilItEnds() {
    assertInstanceOf(Claim.Fresh.class, memory.claim("a", PRINT));
    assertInstanceOf(Claim.Running.class, memory.claim("a", PRINT));
    memory.ended("a");
    assertEquals(new Claim.Finished(Optional.empty()), memory.claim("a", PRINT));
  }

  @Test
  void theOldestFinishedEntryGoesWhenThereAreTooMany() {
    for (var id : new String[] {"a", "b", "c", "d"}) {
      memory.claim(id, PRINT);
      memory.ended(id);
    }
    assertInstanceOf(Claim.Fresh.class, memory.claim("a", PRINT));
    assertInstanceOf(Claim.Finished.class, memory.claim("d", PRINT));
  }

  @Test
  void answersAreForgottenWhenTheyAreTooManyBytes() {
    memory.claim("a", PRINT);
    memory.answered("a", answer(600));
    memory.claim("b", PRINT);
    memory.answered("b", answer(600));
    assertInstanceOf(Claim.Fresh.class, memory.claim("a", PRINT));
    assertTrue(((Claim.Finished) memory.claim("b", PRINT)).answer().isPresent());
  }

  @Test
  void anAnswerThatIsTooLargeIsNotKept() {
    var large = new OnceOnly(3, 1L << 30, () -> now);
    large.claim("a", PRINT);
    large.answered("a", answer(65 * 1024));
    assertEquals(new Claim.Finished(Optional.empty()), large.claim("a", PRINT));
  }

  @Test
  void aDayLaterNothingIsLeft() {
    memory.claim("a", PRINT);
    memory.ended("a");
    now = now.plus(Duration.ofDays(1)).plusSeconds(1);
    assertInstanceOf(Claim.Fresh.class, memory.claim("a", PRINT));
  }

  @Test
  void whatRunsIsNeverForgotten() {
    memory.claim("a", PRINT);
    for (var id : new String[] {"b", "c", "d", "e", "f"}) {
      memory.claim(id, PRINT);
      memory.ended(id);
    }
    assertInstanceOf(Claim.Running.class, memory.claim("a", PRINT));
  }

  private static Reply.Whole answer(int bytes) {
    return new Reply.Whole(200, Map.of(), new byte[bytes]);
  }
}
