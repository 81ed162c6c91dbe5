package org.millrace.serving.meter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Holds;
import org.millrace.billing.api.Holds.Settlement;
import org.millrace.billing.api.TokenUsage;
import org.millrace.serving.simulation.FakeHolds;
import org.millrace.serving.simulation.ManualClock;

class SettlerTest {
  @TempDir Path directory;
  private final ManualClock clock = new ManualClock();
  private final List<String> told = new ArrayList<>();

  /** A ledger that refuses every settlement. */
  private record Refusing(BillingError error, Holds rest) implements Holds {
    @Override
    public Hold place(HoldRequest request) {
      return rest.place(request);
    }

    @Override
    public Settlement settle(String requestId, Completion completion) {
      throw new BillingException(error, "refused");
    }

    @Override
    public void release(String requestId, long claim) {
      rest.release(requestId, claim);
    }

    @Override
    public int expireOverdue() {
      return rest.expireOverdue();
    }

    @Override
    public List<Hold> open(int limit) {
      return rest.open(limit);
    }
  }

  private Settler settler(Journal journal, BillingError refusal) {
    var listener =
        new Settler.Listener() {
          @Override
          public void settled(Ending ending, @Nullable Settlement settlement) {
            told.add("settled " + ending.requestId());
          }

          @Override
          public void lost(Ending ending, String reason) {
            told.add("lost " + ending.requestId() + " " + reason);
          }
        };
    return new Settler(
        new Refusing(refusal, new FakeHolds(clock)), journal, listener, clock, 1_000);
  }

  private static Ending ending(Journal journal) {
    var slot = journal.take("r", 1).orElseThrow();
    slot.end(new TokenUsage(3, 0, 2), Outcome.FINISHED, 2);
    return slot.left();
  }

  @ParameterizedTest
  @EnumSource(names = {"UNKNOWN_HOLD", "HOLD_ENDED", "INVALID_VALUE"})
  void whatTheLedgerRefusesForGoodIsToldAndNotTriedForEver(BillingError refusal) {
    try (var journal = Journal.open(directory, 2, () -> 77)) {
      var settler = settler(journal, refusal);
      settler.offer(ending(journal));
      assertTrue(settler.step());
      assertEquals(List.of("lost r " + refusal), told);
      assertEquals(0, settler.backlog());
      assertEquals(0, journal.slotsTaken());
    }
  }

  @Test
  void whatMayPassIsTriedAgainAndKeepsItsSlot() {
    try (var journal = Journal.open(directory, 2, () -> 77)) {
      var settler = settler(journal, BillingError.UNAVAILABLE);
      settler.offer(ending(journal));
      assertTrue(settler.step());
      assertFalse(settler.step());
      clock.advance(Duration.ofSeconds(1));
      assertTrue(settler.step());
      assertEquals(List.of(), told);
      assertEquals(1, journal.slotsTaken());
    }
  }
}
