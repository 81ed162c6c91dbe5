package org.millrace.inference.sampling;

/**
 * Likelihoods relative to the most likely token's, as whole numbers of {@link #ONE}.
 *
 * <p>Whole numbers have the same sum in whatever order they are added, and the exponential below is
 * nothing but IEEE double multiplications and additions. So a GPU that adds in its own order
 * ({@code sample.cuh} has the same lines) draws the same token from the same logits.
 */
public final class FixedWeights {
  /** The weight of the most likely token. Sums of a million of these fit a long. */
  public static final long ONE = 1L << 42;

  /** From here down a weight would be rounded to zero. */
  private static final double NOTHING = -30;

  private static final double LOG2_E = 1.4426950408889634;
  // ln 2 in two parts, of which the first times a small whole number is exact.
  private static final double LN2_HIGH = 0x1.62e42feep-1;
  private static final double LN2_LOW = 0x1.a39ef35793c76p-33;

  // 1 / n!, from 11 down to 0: on half an octave the rest is a hundredth of a weight's last unit.
  private static final double[] TAYLOR = {
    0x1.ae64567f544e4p-26,
    0x1.27e4fb7789f5cp-22,
    0x1.71de3a556c734p-19,
    0x1.a01a01a01a01ap-16,
    0x1.a01a01a01a01ap-13,
    0x1.6c16c16c16c17p-10,
    0x1.1111111111111p-7,
    0x1.5555555555555p-5,
    0x1.5555555555555p-3,
    0.5,
    1,
    1
  };

  private FixedWeights() {}

  /**
   * {@code e^scaled} as a weight.
   *
   * @param scaled how far a logit lies below the largest, over the temperature; at most 0
   */
  public static long of(double scaled) {
    // Written so that what is no number weighs nothing.
    if (!(scaled > NOTHING)) {
      return 0;
    }
    int halvings = (int) (0.5 - scaled * LOG2_E);
    double rest = (scaled + halvings * LN2_HIGH) + halvings * LN2_LOW;
    double sum = TAYLOR[0];
    for (int i = 1; i < TAYLOR.length; i++) {
      sum = sum * rest + TAYLOR[i];
    }
    double unit = Double.longBitsToDouble((long) (1023 + 42 - halvings) << 52);
    return (long) (sum * unit + 0.5);
  }

  /** The sum of the weights of logits at a temperature. */
  static long sum(float[] logits, int count, float largest, float temperature) {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += of(((double) logits[i] - largest) / temperature);
    }
    return sum;
  }

  /** Which part of {@code kept} weights a chance in [0, 1) falls on. */
  static long target(double chance, long kept) {
    return Math.min((long) (chance * kept), kept - 1);
  }
}
