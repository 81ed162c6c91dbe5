package org.millrace.console.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.TokenUsage;
import org.millrace.billing.api.UsageRecords.DailyUsage;
import org.millrace.tenancy.api.Actor;

class UsagePageTest {
  private final House house = new House();

  private void used(String day, UUID tenant, String model, long input, long output) {
    house.usage.days.add(
        new DailyUsage(
            LocalDate.parse(day),
            tenant,
            model,
            1,
            new TokenUsage(input, input / 2, output),
            new Money(BigDecimal.valueOf(input + output, 6), "EUR")));
  }

  @Test
  void withoutAChoiceTheLast30DaysAreShown() {
    UsagePage page = house.usagePage();
    assertEquals("2026-10-23", page.getFirst());
    assertEquals("2026-11-21", page.getLast());
    assertTrue(page.getPresets().stream().anyMatch(p -> p.label().equals("30 days") && p.chosen()));
  }

  @Test
  void theLastDayIsIncluded() {
    used("2026-11-21", house.demo.id(), "m", 10, 5);
    assertEquals(1, house.usagePage().getTotals().requests());
  }

  @Test
  void datesThatMakeNoSenseTakeTheirDefaults() {
    house.parameters.put("from", "yesterday");
    house.parameters.put("to", "2026-02-30");
    assertEquals("2026-10-23", house.usagePage().getFirst());
    house.parameters.put("from", "2027-01-01");
    house.parameters.put("to", "2026-11-01");
    assertEquals("2026-11-01", house.usagePage().getFirst());
  }

  @Test
  void aRangeIsAtMostOneLeapYear() {
    house.parameters.put("from", "2000-01-01");
    house.parameters.put("to", "2026-11-21");
    assertEquals("2025-11-21", house.usagePage().getFirst());
  }

  @Test
  void sumsByDayAreNewestFirstAndSumsByTenantHaveNames() {
    used("2026-11-19", house.demo.id(), "a", 10, 1);
    used("2026-11-20", house.acme.id(), "b", 20, 2);
    used("2026-11-20", house.demo.id(), "a", 30, 3);
    assertEquals(
        List.of("Fri 20 Nov 2026", "Thu 19 Nov 2026"),
        house.usagePage().getRows().stream().map(UsagePage.Row::label).toList());
    house.parameters.put("by", "tenant");
    var byTenant = house.usagePage().getRows();
    assertEquals(List.of("Acme", "Demo"), byTenant.stream().map(UsagePage.Row::label).toList());
    assertEquals(44, byTenant.getLast().totals().tokens());
  }

  @Test
  void tenantsOfTheSameNameAreNotAddedUp() {
    var twin = house.tenants.create(Actor.system(), "acme-2", "Acme");
    used("2026-11-20", house.acme.id(), "a", 10, 1);
    used("2026-11-20", twin.id(), "a", 20, 2);
    house.parameters.put("by", "tenant");
    assertEquals(
        List.of("Acme (acme)", "Acme (acme-2)"),
        house.usagePage().getRows().stream().map(UsagePage.Row::label).toList());
  }

  @Test
  void costsOfDifferentCurrenciesAreNeverAddedUp() {
    used("2026-11-20", house.demo.id(), "a", 10, 0);
    house.usage.days.add(
        new DailyUsage(
            LocalDate.parse("2026-11-20"),
            house.demo.id(),
            "a",
            1,
            new TokenUsage(1, 0, 1),
            Money.of("2", "USD")));
    assertEquals(2, house.usagePage().getTotals().costs().size());
  }

  @Test
  void anUnknownTenantShowsNothingAndNotEverything() {
    used("2026-11-20", house.demo.id(), "a", 10, 1);
    house.parameters.put("tenant", "nowhere");
    UsagePage page = house.usagePage();
    assertTrue(page.isUnknownTenant());
    assertTrue(page.isUnused());
    assertTrue(page.getRequests().isEmpty());
  }

  @Test
  void aTenantAdminSeesTheirOwnUsageAlone() {
    used("2026-11-20", house.demo.id(), "a", 10, 1);
    used("2026-11-20", house.acme.id(), "a", 100, 10);
    house.asTenantAdminOf(house.demo);
    house.parameters.put("tenant", "acme");
    assertEquals(11, house.usagePage().getTotals().tokens());
  }

  @Test
  void theChartHasADayForEachDayAndCountsNoTokenTwice() {
    used("2026-11-20", house.demo.id(), "a", 10, 3);
    house.parameters.put("from", "2026-11-19");
    house.parameters.put("to", "2026-11-21");
    String chart = house.usagePage().getChart();
    assertTrue(chart.contains("\"labels\":[\"19 Nov\",\"20 Nov\",\"21 Nov\"]"), chart);
    assertTrue(chart.contains("\"data\":[0,5,0]"), chart);
    assertTrue(chart.contains("\"data\":[0,3,0]"), chart);
    assertFalse(chart.contains("\"data\":[0,10,0]"), chart);
  }

  @Test
  void theAddressKeepsWhatWasChosen() {
    house.parameters.put("from", "2026-11-01");
    house.parameters.put("to", "2026-11-02");
    house.parameters.put("tenant", "a&b");
    assertEquals(
        "from=2026-11-01&to=2026-11-02&by=model&tenant=a%26b", house.usagePage().address("model"));
  }

  @Test
  void exportedLinesAreExactAndSafeToOpenInASpreadsheet() {
    used("2026-11-20", house.demo.id(), "llama, \"big\"", 10, 3);
    assertEquals(
        "2026-11-20,demo,\"llama, \"\"big\"\"\",1,10,5,3,0.000013000000,EUR\r\n",
        UsageExport.line(house.usage.days.getFirst(), "demo"));
    assertEquals("'=1+1", UsageExport.text("=1+1"));
    assertEquals("'@x", UsageExport.text("@x"));
  }
}
