package org.millrace.console.format;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Named;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Currency;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Money;

/**
 * Formatting for pages: {@code #{fmt.count(n)}}. English, whatever the server's locale is.
 * Stateless and thread-safe.
 */
@Named("fmt")
@ApplicationScoped
public class Format {
  private static final DateTimeFormatter MINUTE =
      DateTimeFormatter.ofPattern("d MMM uuuu, HH:mm 'UTC'", Locale.UK).withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("EEE d MMM uuuu", Locale.UK);
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("d MMM uuuu", Locale.UK);
  private static final String[] MAGNITUDES = {"", "k", "M", "B", "T"};
  private static final BigDecimal ONE_CENT = new BigDecimal("0.01");

  /** {@code 12,345}. */
  public String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Four characters or so for a tile or an axis: {@code 950}, {@code 12.3k}, {@code 4.56M}. */
  public String compact(long number) {
    double value = Math.abs((double) number);
    int magnitude = 0;
    while (value >= 999.5 && magnitude < MAGNITUDES.length - 1) {
      value /= 1_000;
      magnitude++;
    }
    if (magnitude == 0) {
      return Long.toString(number);
    }
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    String digits = String.format(Locale.ROOT, "%." + decimals + "f", value);
    return (number < 0 ? "-" : "") + digits + MAGNITUDES[magnitude];
  }

  /** A rate: {@code 0}, {@code 3.4}, {@code 1,234}. */
  public String rate(double perSecond) {
    if (perSecond < 0.05) {
      return "0";
    }
    return String.format(Locale.ROOT, perSecond < 100 ? "%,.1f" : "%,.0f", perSecond);
  }

  /** {@code 62%}; zero of zero is {@code 0%}. */
  public String percent(long part, long whole) {
    return whole == 0 ? "0%" : Math.round(100.0 * part / whole) + "%";
  }

  /**
   * An amount to read: two decimals from one unit on, more below it, because a token costs
   * millionths. The exact amount belongs in the title: {@link #exact}.
   */
  public String money(@Nullable Money money) {
    return money == null ? "" : symbol(money.currency(), shortened(money.amount()));
  }

  /** Two decimals for a tile; what is more than nothing but less than a cent says so. */
  public String rounded(Money money) {
    BigDecimal amount = money.amount();
    boolean tiny = amount.signum() > 0 && amount.compareTo(ONE_CENT) < 0;
    BigDecimal shown = tiny ? ONE_CENT : amount.setScale(2, RoundingMode.HALF_EVEN);
    return (tiny ? "< " : "") + symbol(money.currency(), shown);
  }

  /** Every decimal that is not a trailing zero, and the ISO code. */
  public String exact(@Nullable Money money) {
    return money == null ? "" : grouped(trimmed(money.amount(), 2)) + " " + money.currency();
  }

  /** A price per million tokens. */
  public String price(BigDecimal perMillionTokens, String currency) {
    return symbol(currency, trimmed(perMillionTokens, 2));
  }

  private static BigDecimal shortened(BigDecimal amount) {
    BigDecimal size = amount.abs();
    if (size.signum() == 0 || size.compareTo(BigDecimal.ONE) >= 0) {
      return amount.setScale(2, RoundingMode.HALF_EVEN);
    }
    int decimals = size.compareTo(ONE_CENT) >= 0 ? 4 : 8;
    BigDecimal rounded = amount.setScale(decimals, RoundingMode.HALF_EVEN);
    return rounded.signum() == 0 ? trimmed(amount, 2) : trimmed(rounded, 2);
  }

  private static BigDecimal trimmed(BigDecimal amount, int decimalsAtLeast) {
    BigDecimal stripped = amount.stripTrailingZeros();
    return stripped.scale() < decimalsAtLeast ? stripped.setScale(decimalsAtLeast) : stripped;
  }

  private static String grouped(BigDecimal amount) {
    return String.format(Locale.ROOT, "%,." + amount.scale() + "f", amount);
  }

  private static String symbol(String currencyCode, BigDecimal amount) {
    String sign = amount.signum() < 0 ? "-" : "";
    String symbol = symbolOf(currencyCode);
    String gap = Character.isLetter(symbol.charAt(symbol.length() - 1)) ? "\u00a0" : "";
    return sign + symbol + gap + grouped(amount.abs());
  }

  private static String symbolOf(String currencyCode) {
    try {
      return Currency.getInstance(currencyCode).getSymbol(Locale.US);
    } catch (IllegalArgumentException e) {
      return currencyCode;
    }
  }

  /** The time in UTC, to the minute; the page's script turns it into the viewer's zone. */
  public String minute(@Nullable Instant instant) {
    return instant == null ? "" : MINUTE.format(instant);
  }

  /** {@code 2026-11-21T00:04:05Z}, to the second. */
  public String iso(@Nullable Instant instant) {
    return instant == null ? "" : Instant.ofEpochSecond(instant.getEpochSecond()).toString();
  }

  public String day(LocalDate day) {
    return DAY.format(day);
  }

  /**
   * The last day (UTC) on which something lasts that ends at this instant: what ends at midnight
   * has lasted to the day before.
   */
  public String lastDay(@Nullable Instant end) {
    return end == null ? "" : DATE.format(LocalDate.ofInstant(end.minusNanos(1), ZoneOffset.UTC));
  }

  /** {@code 480 ms}, {@code 2.4 s}, {@code 3 min 5 s}. */
  public String duration(Instant from, Instant to) {
    Duration duration = Duration.between(from, to);
    long millis = Math.max(0, duration.toMillis());
    if (millis < 1_000) {
      return millis + " ms";
    }
    if (millis < 60_000) {
      return String.format(Locale.ROOT, "%.1f s", millis / 1_000.0);
    }
    return millis / 60_000 + " min " + millis / 1_000 % 60 + " s";
  }
}
