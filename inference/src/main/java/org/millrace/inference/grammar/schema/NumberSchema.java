package org.millrace.inference.grammar.schema;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.automaton.Dfa;
import org.millrace.inference.grammar.automaton.Multiples;
import org.millrace.inference.grammar.automaton.Products;
import org.millrace.inference.grammar.bounds.Budget;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.expression.Expression.Automaton;
import org.millrace.inference.grammar.expression.Thompson;

/** Numbers: their bounds, kept exactly, and what they are multiples of. */
final class NumberSchema {
  private static final int MULTIPLE_MAX = 1_000;

  /** Many readers compare and divide doubles, which tell so many digits apart. */
  private static final int DOUBLE_DIGITS = 15;

  /** The least or greatest value. */
  private record Bound(BigDecimal value, boolean strict) {}

  private final Budget budget;
  private final @Nullable Bound least;
  private final @Nullable Bound greatest;
  private final int wholeDigits;
  private final int fractionDigits;
  private final int multipleOf;
  private final boolean divided;

  private NumberSchema(View view, boolean integer, Budget budget) {
    this.budget = budget;
    View.Found multiple = multiple(view);
    int decimals = multiple == null ? JsonTerms.FRACTION_DIGITS_MAX : decimals(multiple);
    this.wholeDigits = multiple == null ? JsonTerms.INTEGER_DIGITS_MAX : DOUBLE_DIGITS;
    this.fractionDigits = integer ? 0 : decimals;
    this.multipleOf = multiple == null || decimals > 0 ? 1 : multiple.number().intValueExact();
    this.divided = multiple != null;
    this.least = bound(view, "minimum", "exclusiveMinimum", 1);
    this.greatest = bound(view, "maximum", "exclusiveMaximum", -1);
  }

  static Expression of(View view, boolean integer, Budget budget) {
    boolean free = Kind.keywords(Kind.NUMBER).stream().noneMatch(view::has);
    if (free) {
      return integer ? JsonTerms.INTEGER : JsonTerms.NUMBER;
    }
    return new NumberSchema(view, integer, budget).expression();
  }

  private static View.@Nullable Found multiple(View view) {
    List<View.Found> all = view.all("multipleOf");
    if (all.size() > 1) {
      throw all.get(1).unsupported("it is there more than once");
    }
    return all.isEmpty() ? null : all.getFirst();
  }

  /** Digits after the point: 0 for a multiple of whole numbers, 2 for 0.01. */
  private static int decimals(View.Found multiple) {
    BigDecimal value = multiple.number().stripTrailingZeros();
    boolean whole =
        value.scale() <= 0
            && value.signum() > 0
            && value.compareTo(BigDecimal.valueOf(MULTIPLE_MAX)) <= 0;
    boolean powerOfTen =
        value.unscaledValue().equals(java.math.BigInteger.ONE)
            && value.scale() > 0
            && value.scale() <= JsonTerms.FRACTION_DIGITS_MAX;
    if (!whole && !powerOfTen) {
      throw multiple.unsupported(
          "it is %s; supported are whole numbers from 1 to %d and powers of ten such as 0.01"
              .formatted(multiple.value().compact(), MULTIPLE_MAX));
    }
    return whole ? 0 : value.scale();
  }

  /** The tightest of the bounds on one side; {@code sign} is -1 for upper ones. */
  private @Nullable Bound bound(View view, String keyword, String strictKeyword, int sign) {
    Bound tightest = null;
    List<View.Found> all = new ArrayList<>(view.all(keyword));
    all.addAll(view.all(strictKeyword));
    for (View.Found found : all) {
      Bound bound = exact(found, found.keyword().equals(strictKeyword), sign);
      int order = tightest == null ? 1 : sign * bound.value.compareTo(tightest.value);
      if (order > 0 || order == 0 && bound.strict) {
        tightest = bound;
      }
    }
    return tightest;
  }

  private Bound exact(View.Found found, boolean strict, int sign) {
    BigDecimal value = found.number();
    if (value.abs().compareTo(BigDecimal.TEN.pow(JsonTerms.INTEGER_DIGITS_MAX)) >= 0
        || value.stripTrailingZeros().scale() > JsonTerms.FRACTION_DIGITS_MAX) {
      throw found.unsupported(
          "it is %s; the limit is %d digits before and %d after the point"
              .formatted(
                  found.value().compact(),
                  JsonTerms.INTEGER_DIGITS_MAX,
                  JsonTerms.FRACTION_DIGITS_MAX));
    }
    if (fractionDigits > 0) {
      // What is more than the bound must still be so when both are read as doubles.
      var digits =
          new MathContext(DOUBLE_DIGITS, sign > 0 ? RoundingMode.CEILING : RoundingMode.FLOOR);
      return new Bound(strict ? value.round(digits) : value, strict);
    }
    BigDecimal whole = value.setScale(0, sign > 0 ? RoundingMode.CEILING : RoundingMode.FLOOR);
    boolean step = strict && whole.compareTo(value) == 0;
    return new Bound(step ? whole.add(BigDecimal.valueOf(sign)) : whole, false);
  }

  private Expression expression() {
    List<Expression> ways = new ArrayList<>();
    if (greatest == null || greatest.value.signum() >= 0) {
      ways.add(new Automaton(between(least, greatest)));
    }
    if (least == null || least.value.signum() < 0) {
      Dfa mirrored = between(mirrored(greatest), mirrored(least));
      ways.add(Expression.sequence(Expression.literal("-"), new Automaton(withoutZero(mirrored))));
    }
    return new Expression.Choice(List.copyOf(ways));
  }

  private static @Nullable Bound mirrored(@Nullable Bound bound) {
    return bound == null ? null : new Bound(bound.value.negate(), bound.strict);
  }

  /** Decimals of at least 0 between two bounds; a negative lower one binds nothing. */
  private Dfa between(@Nullable Bound from, @Nullable Bound to) {
    boolean open =
        from != null && from.strict && from.value.signum() >= 0 || to != null && to.strict;
    Dfa dfa =
        Thompson.automaton(
            fractionDigits > 0 && (open || divided)
                ? Decimals.allOfDigits(DOUBLE_DIGITS, wholeDigits, fractionDigits)
                : Decimals.all(wholeDigits, fractionDigits),
            budget);
    if (multipleOf > 1) {
      dfa = Products.intersect(dfa, Multiples.of(multipleOf, budget), budget);
    }
    if (from != null && from.value.signum() >= 0) {
      dfa = both(dfa, Decimals.atLeast(from.value, from.strict));
    }
    if (to != null) {
      dfa = both(dfa, Decimals.atMost(to.value, to.strict));
    }
    return dfa;
  }

  /** "-0" is a number that many readers do not expect. */
  private Dfa withoutZero(Dfa dfa) {
    return both(dfa, Decimals.atLeast(BigDecimal.ZERO, true));
  }

  private Dfa both(Dfa dfa, Expression other) {
    return Products.intersect(dfa, Thompson.automaton(other, budget), budget);
  }
}
