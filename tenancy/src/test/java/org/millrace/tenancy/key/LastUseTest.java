package org.millrace.tenancy.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LastUseTest {
  private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");
  private final UUID key = UUID.randomUUID();

  @Test
  void aKeyIsWrittenAtMostOnceAMinuteHoweverOftenItIsUsed() {
    LastUse lastUse = new LastUse(10);
    int writes = 0;
    for (int second = 0; second < 300; second++) {
      lastUse.note(key, NOON.plusSeconds(second));
      writes += lastUse.takeDue(NOON.plusSeconds(second)).size();
    }
    assertEquals(5, writes);
  }

  @Test
  void theLatestUseIsWrittenAndAQuietKeyIsNotWrittenAgain() {
    LastUse lastUse = new LastUse(10);
    lastUse.note(key, NOON);
    lastUse.note(key, NOON.plusSeconds(3));
    assertEquals(
        List.of(new LastUse.Use(key, NOON.plusSeconds(3))), lastUse.takeDue(NOON.plusSeconds(5)));
    assertTrue(lastUse.takeDue(NOON.plusSeconds(600)).isEmpty());
  }

  @Test
  void onlySoManyKeysAreRemembered() {
    LastUse lastUse = new LastUse(10);
    for (int i = 0; i < 1_000; i++) {
      lastUse.note(UUID.randomUUID(), NOON);
    }
    assertEquals(10, lastUse.takeDue(NOON).size());
  }
}
