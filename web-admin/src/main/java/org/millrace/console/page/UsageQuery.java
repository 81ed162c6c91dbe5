package org.millrace.console.page;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * Which usage to show: what the page's address says, made whole.
 *
 * @param first first day (UTC)
 * @param last last day, included; at most {@link #DAYS_MAX} days from the first
 * @param tenantSlug empty for all tenants
 * @param groupBy how rows are put together
 */
record UsageQuery(LocalDate first, LocalDate last, Optional<String> tenantSlug, GroupBy groupBy) {
  static final int DAYS_MAX = 366;
  private static final int DAYS_DEFAULT = 30;

  /** What a row of the table stands for. */
  enum GroupBy {
    DAY,
    MODEL,
    TENANT
  }

  /**
   * Reads the parameters; what is missing or makes no sense takes its default: the last 30 days,
   * all tenants, by day.
   */
  static UsageQuery of(Function<String, Optional<String>> parameters, LocalDate today) {
    LocalDate last = date(parameters.apply("to")).orElse(today);
    LocalDate first = date(parameters.apply("from")).orElse(last.minusDays(DAYS_DEFAULT - 1));
    if (first.isAfter(last)) {
      first = last;
    }
    if (ChronoUnit.DAYS.between(first, last) >= DAYS_MAX) {
      first = last.minusDays(DAYS_MAX - 1);
    }
    return new UsageQuery(
        first, last, parameters.apply("tenant"), groupBy(parameters.apply("by").orElse("")));
  }

  private static GroupBy groupBy(String name) {
    return switch (name) {
      case "model" -> GroupBy.MODEL;
      case "tenant" -> GroupBy.TENANT;
      default -> GroupBy.DAY;
    };
  }

  private static Optional<LocalDate> date(Optional<String> text) {
    try {
      return text.map(LocalDate::parse).filter(d -> d.getYear() > 1999 && d.getYear() < 3000);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  LocalDate dayAfterLast() {
    return last.plusDays(1);
  }

  /** This query as an address has it. */
  String address(String by) {
    return "from=%s&to=%s&by=%s%s".formatted(first, last, by, tenantParameter());
  }

  private String tenantParameter() {
    return tenantSlug
        .map(s -> "&tenant=" + URLEncoder.encode(s, StandardCharsets.UTF_8))
        .orElse("");
  }

  /** A range to choose with one click. */
  public record Preset(String label, String address, boolean chosen) {}

  List<Preset> presets(LocalDate today) {
    return List.of(
        preset("7 days", today.minusDays(6), today),
        preset("30 days", today.minusDays(29), today),
        preset("This month", today.withDayOfMonth(1), today),
        preset("90 days", today.minusDays(89), today));
  }

  private Preset preset(String label, LocalDate from, LocalDate to) {
    String by = groupBy.name().toLowerCase(Locale.ROOT);
    String address = new UsageQuery(from, to, tenantSlug, groupBy).address(by);
    return new Preset(label, address, from.equals(first) && to.equals(last));
  }
}
