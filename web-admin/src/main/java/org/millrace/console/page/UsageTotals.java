package org.millrace.console.page;

import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.UsageRecords.DailyUsage;

/**
 * Sums over usage rows.
 *
 * @param costs one per currency, by code; empty where there was no usage
 */
public record UsageTotals(
    long requests, long inputTokens, long cachedInputTokens, long outputTokens, List<Money> costs) {

  static UsageTotals of(Collection<DailyUsage> rows) {
    var costs = new TreeMap<String, Money>();
    rows.forEach(r -> costs.merge(r.cost().currency(), r.cost(), Money::plus));
    return new UsageTotals(
        rows.stream().mapToLong(DailyUsage::requests).sum(),
        rows.stream().mapToLong(r -> r.usage().inputTokens()).sum(),
        rows.stream().mapToLong(r -> r.usage().cachedInputTokens()).sum(),
        rows.stream().mapToLong(r -> r.usage().outputTokens()).sum(),
        List.copyOf(costs.values()));
  }

  public long tokens() {
    return inputTokens + outputTokens;
  }
}
