package org.millrace.demomodel.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CosineBudgetTest {
  private static final Duration ENOUGH = Duration.ofDays(1);

  @Test
  void theRateRisesToItsPeakAndFallsToNearlyNothing() {
    var budget = new CosineBudget(1000, ENOUGH, 1f);
    assertTrue(budget.rate(0, Duration.ZERO) < 0.05f);
    assertEquals(1f, budget.rate(20, Duration.ZERO), 1e-3f);
    assertEquals(0.505f, budget.rate(510, Duration.ZERO), 1e-3f);
    assertEquals(0.01f, budget.rate(1000, Duration.ZERO), 1e-3f);
    assertFalse(budget.isOver(999, Duration.ZERO));
    assertTrue(budget.isOver(1000, Duration.ZERO));
  }

  @Test
  void aSlowMachineEndsInTimeWithALowRate() {
    var budget = new CosineBudget(1000, Duration.ofMinutes(100), 1f);
    assertEquals(0.505f, budget.rate(100, Duration.ofMinutes(51)), 1e-3f);
    assertEquals(0.01f, budget.rate(200, Duration.ofMinutes(100)), 1e-3f);
    assertTrue(budget.isOver(200, Duration.ofMinutes(100)));
  }

  @Test
  void anEmptyBudgetIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new CosineBudget(0, ENOUGH, 1f));
    assertThrows(IllegalArgumentException.class, () -> new CosineBudget(1, Duration.ZERO, 1f));
  }
}
