package org.millrace.console.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.TokenUsage;
import org.millrace.billing.api.UsageRecords.DailyUsage;
import org.millrace.console.fake.FakeUsageRecords;
import org.millrace.tenancy.api.Actor;

class TodayTest {
  private final FakeUsageRecords records = new FakeUsageRecords();
  private final Today today = new Today();
  private Instant now = Instant.parse("2026-11-20T23:59:59Z");

  TodayTest() {
    today.usageRecords = records;
    today.clock = () -> now;
  }

  private void used(String day, UUID tenantId) {
    records.days.add(
        new DailyUsage(
            LocalDate.parse(day), tenantId, "m", 1, new TokenUsage(1, 0, 1), Money.zero("EUR")));
  }

  @Test
  void todayIsAUtcDay() {
    used("2026-11-20", UUID.randomUUID());
    assertEquals(1, today.usage(Actor.system()).size());
    now = now.plusSeconds(10);
    assertEquals(0, today.usage(Actor.system()).size());
  }

  @Test
  void manyOpenOverviewsCostOneQuery() {
    for (int i = 0; i < 20; i++) {
      today.usage(Actor.system());
    }
    assertEquals(1, records.timesAsked());
    now = now.plusSeconds(3);
    today.usage(Actor.system());
    assertEquals(2, records.timesAsked());
  }

  @Test
  void anActorBoundToATenantNeverGetsWhatWasKeptForOthers() {
    var own = UUID.randomUUID();
    used("2026-11-20", own);
    used("2026-11-20", UUID.randomUUID());
    assertEquals(2, today.usage(Actor.system()).size());
    var bound = new Actor("s", "Tom", Set.of(Actor.TENANT_ADMIN), own);
    assertEquals(1, today.usage(bound).size());
  }
}
