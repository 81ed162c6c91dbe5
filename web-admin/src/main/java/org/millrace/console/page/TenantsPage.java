package org.millrace.console.page;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.UsageRecords;
import org.millrace.billing.api.UsageRecords.DailyUsage;
import org.millrace.console.session.Permission;
import org.millrace.console.session.Visitor;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.api.Tenants;

/** All tenants with their usage of the last 30 days, and the form for a new one. */
@Named("tenantsPage")
@RequestScoped
public class TenantsPage {
  static final int USAGE_DAYS = 30;

  @Inject Visitor visitor;
  @Inject Tenants tenants;
  @Inject TenantNames names;
  @Inject UsageRecords usageRecords;
  @Inject Notices notices;
  InstantSource clock = InstantSource.system();
  private @Nullable String slug;
  private @Nullable String name;
  private @Nullable List<Row> rows;

  /** A tenant and what it used. */
  public record Row(TenantView tenant, UsageTotals usage) {}

  public List<Row> getRows() {
    List<Row> known = rows;
    if (known == null) {
      Map<UUID, List<DailyUsage>> usage = usageByTenant();
      known =
          names.getAll().stream()
              .map(t -> new Row(t, UsageTotals.of(usage.getOrDefault(t.id(), List.of()))))
              .toList();
      rows = known;
    }
    return known;
  }

  private Map<UUID, List<DailyUsage>> usageByTenant() {
    LocalDate tomorrow = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).plusDays(1);
    return usageRecords
        .daily(visitor.actor(), null, tomorrow.minusDays(USAGE_DAYS), tomorrow)
        .stream()
        .collect(Collectors.groupingBy(DailyUsage::tenantId));
  }

  /** Creates the tenant and opens its page. */
  public @Nullable String create() {
    visitor.require(Permission.MANAGE_TENANTS);
    String newSlug = String.valueOf(slug);
    boolean created =
        notices.attempt(() -> tenants.create(visitor.actor(), newSlug, String.valueOf(name)));
    if (!created) {
      return null;
    }
    notices.done("Tenant created. Next: give it credit, then create an API key.");
    return "tenant?faces-redirect=true&slug=" + newSlug;
  }

  public @Nullable String getSlug() {
    return slug;
  }

  public void setSlug(@Nullable String slug) {
    this.slug = slug;
  }

  public @Nullable String getName() {
    return name;
  }

  public void setName(@Nullable String name) {
    this.name = name;
  }
}
