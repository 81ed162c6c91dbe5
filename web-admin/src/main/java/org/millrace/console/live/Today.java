package org.millrace.console.live;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.UsageRecords;
import org.millrace.billing.api.UsageRecords.DailyUsage;
import org.millrace.tenancy.api.Actor;

/**
 * Today's usage (UTC) of all tenants. Kept for two seconds, so that many open overviews cost the
 * database one query. Thread-safe.
 */
@ApplicationScoped
public class Today {
  static final int KEPT_SECONDS = 2;

  @Inject UsageRecords usageRecords;
  InstantSource clock = InstantSource.system();
  private @Nullable Reading latest;

  private record Reading(Instant at, List<DailyUsage> rows) {}

  /**
   * For actors that see the whole platform; one who is bound to a tenant is asked for each time and
   * never from what was kept.
   */
  public List<DailyUsage> usage(Actor actor) {
    return actor.tenantId() == null ? kept(actor) : read(actor);
  }

  private synchronized List<DailyUsage> kept(Actor actor) {
    Instant now = clock.instant();
    Reading reading = latest;
    if (reading == null || reading.at().plusSeconds(KEPT_SECONDS).isBefore(now)) {
      reading = new Reading(now, read(actor));
      latest = reading;
    }
    return reading.rows();
  }

  private List<DailyUsage> read(Actor actor) {
    LocalDate day = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    return usageRecords.daily(actor, actor.tenantId(), day, day.plusDays(1));
  }
}
