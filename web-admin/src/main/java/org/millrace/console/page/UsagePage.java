package org.millrace.console.page;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.UsageRecords;
import org.millrace.billing.api.UsageRecords.DailyUsage;
import org.millrace.billing.api.UsageRecords.UsageRecord;
import org.millrace.console.chart.UsageChart;
import org.millrace.console.format.Format;
import org.millrace.console.session.Visitor;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.api.Tenants;

/**
 * Usage in a range of days: totals, a chart, sums by day, model or tenant, and the latest requests.
 */
@Named("usagePage")
@RequestScoped
public class UsagePage {
  static final int REQUESTS_SHOWN = 25;

  @Inject Visitor visitor;
  @Inject Parameters parameters;
  @Inject Tenants tenants;
  @Inject TenantNames names;
  @Inject UsageRecords usageRecords;
  @Inject Format format;
  InstantSource clock = InstantSource.system();
  private @Nullable UsageQuery query;
  private @Nullable List<DailyUsage> usage;

  /** A line of the table. */
  public record Row(String label, UsageTotals totals) {}

  UsageQuery query() {
    UsageQuery known = query;
    if (known == null) {
      known = UsageQuery.of(parameters::get, LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC));
      query = known;
    }
    return known;
  }

  /** The days' rows, newest day first. */
  List<DailyUsage> usage() {
    List<DailyUsage> known = usage;
    if (known == null) {
      known =
          isUnknownTenant()
              ? List.of()
              : usageRecords
                  .daily(visitor.actor(), tenantId(), query().first(), query().dayAfterLast())
                  .stream()
                  .sorted(Comparator.comparing(DailyUsage::day).reversed())
                  .toList();
      usage = known;
    }
    return known;
  }

  private @Nullable UUID tenantId() {
    TenantView tenant = getTenant();
    return tenant == null ? null : tenant.id();
  }

  /** The tenant the page is narrowed to; {@code null} for all. */
  public @Nullable TenantView getTenant() {
    TenantView own = visitor.getTenant();
    if (own != null) {
      return own;
    }
    return query().tenantSlug().flatMap(s -> tenants.findBySlug(visitor.actor(), s)).orElse(null);
  }

  /** An address may name a tenant that is not there: then nothing is shown, and not everything. */
  public boolean isUnknownTenant() {
    return getTenant() == null && query().tenantSlug().isPresent();
  }

  public UsageTotals getTotals() {
    return UsageTotals.of(usage());
  }

  public boolean isUnused() {
    return usage().isEmpty();
  }

  public List<Row> getRows() {
    return switch (query().groupBy()) {
      case DAY -> grouped(DailyUsage::day, Comparator.reverseOrder(), format::day);
      case MODEL -> grouped(DailyUsage::model, Comparator.naturalOrder(), m -> m);
      case TENANT -> grouped(r -> names.name(r.tenantId()), String.CASE_INSENSITIVE_ORDER, n -> n);
    };
  }

  private <K> List<Row> grouped(
      Function<DailyUsage, K> key, Comparator<? super K> order, Function<K, String> label) {
    var groups = new TreeMap<K, List<DailyUsage>>(order);
    usage()
        .forEach(
            r -> groups.computeIfAbsent(key.apply(r), k -> new java.util.ArrayList<>()).add(r));
    return groups.entrySet().stream()
        .map(e -> new Row(label.apply(e.getKey()), UsageTotals.of(e.getValue())))
        .toList();
  }

  public String getChart() {
    return UsageChart.of(usage(), query().first(), query().dayAfterLast());
  }

  public List<UsageRecord> getRequests() {
    return isUnknownTenant()
        ? List.of()
        : usageRecords.latest(visitor.actor(), tenantId(), REQUESTS_SHOWN);
  }

  public String getFirst() {
    return query().first().toString();
  }

  public String getLast() {
    return query().last().toString();
  }

  public String getTenantSlug() {
    return query().tenantSlug().orElse("");
  }

  /** The query of this page's address, put together by {@code by}; empty for as it is. */
  public String address(String by) {
    return query().address(by.isEmpty() ? getBy() : by);
  }

  public List<UsageQuery.Preset> getPresets() {
    return query().presets(LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC));
  }

  /** {@code day}, {@code model} or {@code tenant}. */
  public String getBy() {
    return query().groupBy().name().toLowerCase(java.util.Locale.ROOT);
  }
}
