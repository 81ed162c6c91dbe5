package org.millrace.webapi.admin;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Credits;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.Prices;
import org.millrace.billing.api.UsageRecords;
import org.millrace.tenancy.api.Tenants;
import org.millrace.webapi.account.BalanceTrees;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.http.Bodies;
import org.millrace.webapi.http.Call;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.json.Fields;
import org.millrace.webapi.json.Value;

/** Credit, prices and usage. */
public final class MoneyEndpoint {
  private static final int DAYS_MAX = 366;
  private static final int DAYS_DEFAULT = 30;

  private final Actors actors;
  private final Bodies bodies;
  private final Tenants tenants;
  private final Credits credits;
  private final Prices prices;
  private final UsageRecords usage;
  private final InstantSource clock;

  public MoneyEndpoint(
      Actors actors,
      Bodies bodies,
      Tenants tenants,
      Credits credits,
      Prices prices,
      UsageRecords usage,
      InstantSource clock) {
    this.actors = actors;
    this.bodies = bodies;
    this.tenants = tenants;
    this.credits = credits;
    this.prices = prices;
    this.usage = usage;
    this.clock = clock;
  }

  public Reply balance(Call call) {
    // The look-up of the tenant is the check that this actor may see it.
    var tenant = TenantEndpoint.existing(tenants, actors.of(call), call);
    return Reply.json(BalanceTrees.of(credits.balance(tenant.id())).members());
  }

  public Reply grant(Call call) {
    var actor = actors.of(call);
    var tenant = TenantEndpoint.existing(tenants, actor, call);
    var body = Fields.of(bodies.json(call).members());
    var priority = body.whole("priority", 0, 1_000);
    var grant =
        credits.grant(
            actor,
            tenant.id(),
            body.required("reference").text(),
            money(body.required("amount"), body.required("currency")),
            priority == null ? 100 : priority,
            body.given("expires_at").map(MoneyEndpoint::instant).orElse(null));
    return Reply.json(201, BalanceTrees.grant(grant));
  }

  public Reply prices(Call call) {
    actors.of(call);
    return Reply.json(AdminTrees.list(prices.current(), AdminTrees::price).members());
  }

  public Reply setPrices(Call call) {
    var actor = actors.of(call);
    var model = call.pathValue("model");
    var body = Fields.of(bodies.json(call).members());
    prices.set(
        actor,
        model,
        amount(body.required("input")),
        amount(body.required("cached_input")),
        amount(body.required("output")),
        currency(body.required("currency")));
    var now = prices.current().stream().filter(price -> price.model().equals(model)).toList();
    return Reply.json(AdminTrees.list(now, AdminTrees::price).members());
  }

  public Reply daily(Call call) {
    var actor = actors.of(call);
    var today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    var to = day(call, "to", today.plusDays(1));
    var from = day(call, "from", to.minusDays(DAYS_DEFAULT));
    if (!from.isBefore(to) || from.plusDays(DAYS_MAX).isBefore(to)) {
      throw new ApiException(
          ApiError.INVALID_VALUE,
          "Invalid 'from': %s to %s is not a range of 1 to %d days.".formatted(from, to, DAYS_MAX),
          "from");
    }
    return Reply.json(
        AdminTrees.list(usage.daily(actor, tenant(call), from, to), AdminTrees::daily).members());
  }

  public Reply latest(Call call) {
    var actor = actors.of(call);
    var limit = call.query("limit", 100, 1, 1_000);
    return Reply.json(
        AdminTrees.list(usage.latest(actor, tenant(call), limit), AdminTrees::record).members());
  }

  private static @Nullable UUID tenant(Call call) {
    return call.query("tenant").map(text -> AdminTrees.id("tenant", text)).orElse(null);
  }

  private static LocalDate day(Call call, String name, LocalDate otherwise) {
    try {
      return call.query(name).map(LocalDate::parse).orElse(otherwise);
    } catch (DateTimeException e) {
      throw new ApiException(
          ApiError.INVALID_VALUE,
          "Invalid '%s': expected a day like 2026-11-20.".formatted(name),
          name);
    }
  }

  private static Money money(Value amount, Value currency) {
    try {
      return new Money(amount(amount), currency(currency));
    } catch (ArithmeticException e) {
      throw amount.invalid("it has more than " + Money.SCALE + " decimals.");
    }
  }

  /** An exact amount: a string of digits, or a JSON number as it was written. */
  private static BigDecimal amount(Value value) {
    if (!value.isText()) {
      return bounded(value, value.decimal());
    }
    if (!value.text().matches("-?\\d{1,15}(\\.\\d{1,12})?")) {
      throw value.invalid("expected a decimal like \"12.50\".");
    }
    return new BigDecimal(value.text());
  }

  private static BigDecimal bounded(Value value, BigDecimal amount) {
    if (amount.scale() > Money.SCALE || amount.precision() - amount.scale() > 15) {
      throw value.invalid("expected at most 15 digits and 12 decimals.");
    }
    return amount;
  }

  private static String currency(Value value) {
    if (!value.text().matches("[A-Z]{3}")) {
      throw value.invalid("expected an ISO 4217 code like \"USD\".");
    }
    return value.text();
  }

  private static Instant instant(Value value) {
    try {
      return Instant.parse(value.text());
    } catch (DateTimeException e) {
      throw value.invalid("expected a time like 2027-01-31T00:00:00Z.");
    }
  }
}
