package org.millrace.console.page;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Credits;
import org.millrace.billing.api.Money;
import org.millrace.console.format.Format;
import org.millrace.console.session.Permission;
import org.millrace.console.session.Visitor;

/** Gives the page's tenant credit. */
@Named("creditForm")
@RequestScoped
public class CreditForm {
  @Inject Visitor visitor;
  @Inject TenantPage page;
  @Inject Credits credits;
  @Inject Format format;
  @Inject Notices notices;
  private @Nullable BigDecimal amount;
  private @Nullable String currency;
  private @Nullable String reference;
  private int priority = 100;
  private @Nullable String lastDay;

  public @Nullable String grant() {
    visitor.require(Permission.GRANT_CREDIT);
    if (!notices.attempt(this::grantOnce)) {
      return null;
    }
    return page.reload();
  }

  private void grantOnce() {
    BigDecimal plain = amount == null ? BigDecimal.ZERO : amount.stripTrailingZeros();
    if (plain.signum() <= 0 || plain.scale() > Money.SCALE) {
      throw new IllegalArgumentException(
          "the amount must be more than 0, with at most " + Money.SCALE + " decimals");
    }
    var money = new Money(plain, getCurrency().toUpperCase(Locale.ROOT));
    credits.grant(
        visitor.actor(),
        page.required().id(),
        String.valueOf(reference),
        money,
        priority,
        expiry(lastDay));
    notices.done("Credit added: " + format.money(money) + ".");
  }

  /** Credit lasts to the end of its last day, in UTC. */
  static @Nullable Instant expiry(@Nullable String lastDay) {
    if (lastDay == null || lastDay.isBlank()) {
      return null;
    }
    try {
      return LocalDate.parse(lastDay).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "'" + lastDay + "' is not a date; write it as 2026-12-31", e);
    }
  }

  public @Nullable BigDecimal getAmount() {
    return amount;
  }

  public void setAmount(@Nullable BigDecimal amount) {
    this.amount = amount;
  }

  public String getCurrency() {
    return currency == null ? page.getBalance().available().currency() : currency;
  }

  public void setCurrency(@Nullable String currency) {
    this.currency = currency;
  }

  public @Nullable String getReference() {
    return reference;
  }

  public void setReference(@Nullable String reference) {
    this.reference = reference;
  }

  public int getPriority() {
    return priority;
  }

  public void setPriority(int priority) {
    this.priority = priority;
  }

  public @Nullable String getLastDay() {
    return lastDay;
  }

  public void setLastDay(@Nullable String lastDay) {
    this.lastDay = lastDay;
  }
}
