package org.millrace.console.format;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.millrace.billing.api.Money;

class FormatTest {
  private final Format format = new Format();

  @Test
  void countsHaveThousandsSeparatorsWhateverTheServersLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      assertEquals("1,234,567", format.count(1_234_567));
      assertEquals("12.3", format.rate(12.34));
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void compactNumbersNeverShowAThousandOfAUnit() {
    assertEquals("0", format.compact(0));
    assertEquals("999", format.compact(999));
    assertEquals("1.00k", format.compact(1_000));
    assertEquals("12.3k", format.compact(12_345));
    assertEquals("1.00M", format.compact(999_999));
    assertEquals("8.03B", format.compact(8_030_261_248L));
    assertEquals("-1.50k", format.compact(-1_500));
  }

  @Test
  void amountsFromOneUnitOnHaveTwoDecimals() {
    assertEquals("€1,234.57", format.money(Money.of("1234.567", "EUR")));
    assertEquals("$0.00", format.money(Money.zero("USD")));
    assertEquals("-€3.00", format.money(Money.of("-3", "EUR")));
    assertEquals("CHF\u00a05.00", format.money(Money.of("5", "CHF")));
  }

  @Test
  void amountsBelowOneCentKeepTheDigitsThatMatter() {
    assertEquals("€0.0421", format.money(Money.of("0.0421", "EUR")));
    assertEquals("€0.000123", format.money(Money.of("0.000123", "EUR")));
    assertEquals("€0.000000000001", format.money(Money.of("0.000000000001", "EUR")));
  }

  @Test
  void aTileNeverShowsNothingForSomething() {
    assertEquals("€0.00", format.rounded(Money.zero("EUR")));
    assertEquals("< €0.01", format.rounded(Money.of("0.00001455", "EUR")));
    assertEquals("€0.36", format.rounded(Money.of("0.3631", "EUR")));
    assertEquals("€1,234.57", format.rounded(Money.of("1234.567", "EUR")));
  }

  @Test
  void theExactAmountShowsEveryDecimal() {
    assertEquals("1,234.000000567 EUR", format.exact(Money.of("1234.000000567", "EUR")));
    assertEquals("10.00 EUR", format.exact(Money.of("10", "EUR")));
  }

  @Test
  void aCurrencyThatJavaDoesNotKnowIsWrittenAsItIs() {
    assertEquals("XQQ\u00a01.00", format.money(Money.of("1", "XQQ")));
  }

  @Test
  void pricesKeepTheirSixDecimals() {
    assertEquals("€0.025", format.price(new BigDecimal("0.025000"), "EUR"));
    assertEquals("€0.40", format.price(new BigDecimal("0.4"), "EUR"));
    assertEquals("€100.00", format.price(new BigDecimal("1E+2"), "EUR"));
  }

  @Test
  void timesAreUtcToTheMinuteAndIsoToTheSecond() {
    Instant at = Instant.parse("2026-11-21T00:04:05.678Z");
    assertEquals("21 Nov 2026, 00:04 UTC", format.minute(at));
    assertEquals("2026-11-21T00:04:05Z", format.iso(at));
    assertEquals("Sat 21 Nov 2026", format.day(LocalDate.of(2026, 11, 21)));
  }

  @Test
  void durationsChangeTheirUnitAsTheyGrow() {
    Instant from = Instant.EPOCH;
    assertEquals("0 ms", format.duration(from, from.minusMillis(5)));
    assertEquals("480 ms", format.duration(from, from.plusMillis(480)));
    assertEquals("2.4 s", format.duration(from, from.plusMillis(2_400)));
    assertEquals("3 min 5 s", format.duration(from, from.plusSeconds(185)));
  }

  @Test
  void aShareOfNothingIsZero() {
    assertEquals("0%", format.percent(0, 0));
    assertEquals("67%", format.percent(2, 3));
  }

  @Test
  void whatEndsAtMidnightHasLastedToTheDayBefore() {
    assertEquals("31 Dec 2026", format.lastDay(Instant.parse("2027-01-01T00:00:00Z")));
    assertEquals("1 Jan 2027", format.lastDay(Instant.parse("2027-01-01T00:00:01Z")));
    assertEquals("", format.lastDay(null));
  }
}
