package org.millrace.billing.ledger;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Holds.Completion;
import org.millrace.billing.api.Holds.HoldRequest;
import org.millrace.billing.api.Money;
import org.millrace.billing.rating.Rates;

/** Refusals of values, each naming the value and the limit. */
final class Checks {
  static final int ID_LENGTH_MAX = 200;
  static final int PAGE_MAX = 1_000;
  static final long TOKENS_MAX = 1_000_000_000L;
  static final Duration HOLD_TIMEOUT_MAX = Duration.ofDays(7);
  static final BigDecimal PRICE_MAX = new BigDecimal("1000000");
  static final BigDecimal GRANT_MAX = new BigDecimal("1000000000000");
  private static final Set<String> OUTCOMES = Set.of("finished", "cancelled", "failed");
  private static final Pattern CURRENCY = Pattern.compile("[A-Z]{3}");

  private Checks() {}

  static BillingException refused(String message) {
    return new BillingException(BillingError.INVALID_VALUE, message);
  }

  static void text(String what, String value) {
    if (value.isBlank() || value.length() > ID_LENGTH_MAX) {
      throw refused(
          "%s has %d characters; it takes 1 to %d".formatted(what, value.length(), ID_LENGTH_MAX));
    }
    if (value.indexOf('\0') >= 0) {
      throw refused(what + " contains a NUL character");
    }
  }

  static void holdRequest(HoldRequest request) {
    text("the request id", request.requestId());
    text("the model's name", request.model());
    tokens("input tokens", request.worstCase().inputTokens());
    tokens("output tokens", request.worstCase().outputTokens());
    Duration timeout = request.timeout();
    if (!timeout.isPositive() || timeout.compareTo(HOLD_TIMEOUT_MAX) > 0) {
      throw refused(
          "the hold's timeout is %s; it must be positive and at most %s"
              .formatted(timeout, HOLD_TIMEOUT_MAX));
    }
  }

  static void completion(Completion completion) {
    if (!OUTCOMES.contains(completion.outcome())) {
      throw refused(
          "outcome '%s' is none of %s"
              .formatted(completion.outcome(), OUTCOMES.stream().sorted().toList()));
    }
  }

  private static void tokens(String what, long tokens) {
    if (tokens < 0 || tokens > TOKENS_MAX) {
      throw refused("%s are %d; they must be 0 to %d".formatted(what, tokens, TOKENS_MAX));
    }
  }

  static void currency(String currency) {
    if (!CURRENCY.matcher(currency).matches()) {
      throw refused("currency '%s' is not an ISO 4217 code".formatted(currency));
    }
  }

  static void price(String meter, BigDecimal price) {
    boolean fits =
        price.signum() >= 0
            && price.compareTo(PRICE_MAX) <= 0
            && price.stripTrailingZeros().scale() <= Rates.PRICE_SCALE;
    if (!fits) {
      throw refused(
          "the price of %s is %s; it must be 0 to %s with at most %d decimals"
              .formatted(meter, price.toPlainString(), PRICE_MAX, Rates.PRICE_SCALE));
    }
  }

  static void grant(Money amount) {
    currency(amount.currency());
    if (amount.amount().signum() <= 0 || amount.amount().compareTo(GRANT_MAX) > 0) {
      throw refused(
          "the grant is %s %s; it must be more than 0 and at most %s"
              .formatted(amount.plain(), amount.currency(), GRANT_MAX));
    }
  }

  static int limit(int limit) {
    if (limit < 1 || limit > PAGE_MAX) {
      throw refused("limit is %d; it must be 1 to %d".formatted(limit, PAGE_MAX));
    }
    return limit;
  }
}
