package org.millrace.billing.rating;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.TokenUsage;

class RatesTest {
  @Example
  void aKnownBill() {
    Rates rates = rates("0.15", "0.075", "0.6");
    assertEquals(Money.of("0.00018975", "USD"), rates.cost(new TokenUsage(1000, 270, 100)));
    assertEquals("0.00021", rates.most(new TokenUsage(1000, 0, 100)).plain());
    assertEquals(Money.zero("USD"), rates.cost(new TokenUsage(0, 0, 0)));
  }

  @Example
  void oneTokenAtTheSmallestPriceIsExact() {
    assertEquals(
        "0.000000000001", rates("0", "0", "0.000001").cost(new TokenUsage(0, 0, 1)).plain());
  }

  @Example
  void aPriceWithSevenDecimalsOrANegativeOneIsRefused() {
    assertThrows(ArithmeticException.class, () -> rates("0.0000001", "0", "0"));
    assertThrows(IllegalArgumentException.class, () -> rates("0", "-0.000001", "0"));
  }

  /** The same sum in whole units of 10^-12, with integers only. */
  @Property
  void aCostIsExact(@ForAll("rates") Rates rates, @ForAll("usages") TokenUsage usage) {
    BigInteger picos =
        micros(rates.input())
            .multiply(BigInteger.valueOf(usage.inputTokens() - usage.cachedInputTokens()))
            .add(
                micros(rates.cachedInput()).multiply(BigInteger.valueOf(usage.cachedInputTokens())))
            .add(micros(rates.output()).multiply(BigInteger.valueOf(usage.outputTokens())));
    assertEquals(new BigDecimal(picos, Money.SCALE), rates.cost(usage).amount());
  }

  @Property
  void nothingWithinTheWorstCaseCostsMore(
      @ForAll("rates") Rates rates,
      @ForAll("usages") TokenUsage worstCase,
      @ForAll("usages") TokenUsage any) {
    long input = Math.min(any.inputTokens(), worstCase.inputTokens());
    TokenUsage within =
        new TokenUsage(
            input,
            Math.min(any.cachedInputTokens(), input),
            Math.min(any.outputTokens(), worstCase.outputTokens()));
    assertTrue(rates.cost(within).amount().compareTo(rates.most(worstCase).amount()) <= 0);
  }

  @Property
  void splittingARequestChangesNoCost(
      @ForAll("rates") Rates rates,
      @ForAll("usages") TokenUsage a,
      @ForAll("usages") TokenUsage b) {
    TokenUsage together =
        new TokenUsage(
            a.inputTokens() + b.inputTokens(),
            a.cachedInputTokens() + b.cachedInputTokens(),
            a.outputTokens() + b.outputTokens());
    assertEquals(rates.cost(together), rates.cost(a).plus(rates.cost(b)));
  }

  @Provide
  Arbitrary<Rates> rates() {
    Arbitrary<BigDecimal> price =
        Arbitraries.longs().between(0, 1_000_000_000_000L).map(m -> BigDecimal.valueOf(m, 6));
    return Combinators.combine(price, price, price).as((i, c, o) -> new Rates(i, c, o, "USD"));
  }

  @Provide
  Arbitrary<TokenUsage> usages() {
    Arbitrary<Long> tokens = Arbitraries.longs().between(0, 1_000_000_000L);
    return Combinators.combine(tokens, tokens, tokens)
        .as((a, b, out) -> new TokenUsage(Math.max(a, b), Math.min(a, b), out));
  }

  private static BigInteger micros(BigDecimal price) {
    return price.movePointRight(6).toBigIntegerExact();
  }

  private static Rates rates(String input, String cached, String output) {
    return new Rates(new BigDecimal(input), new BigDecimal(cached), new BigDecimal(output), "USD");
  }
}
