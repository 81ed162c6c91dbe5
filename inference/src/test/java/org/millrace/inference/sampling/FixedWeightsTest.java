package org.millrace.inference.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class FixedWeightsTest {
  @Test
  void aWeightIsTheExponentialToAboutHalfOfItsLastUnit() {
    assertEquals(FixedWeights.ONE, FixedWeights.of(0));
    for (int i = 0; i <= 3_000_000; i++) {
      double scaled = -i * 1e-5;
      assertEquals(Math.exp(scaled) * FixedWeights.ONE, FixedWeights.of(scaled), 0.6, "" + scaled);
    }
  }

  @Test
  void whatIsFarBelowWeighsNothingAndSoDoesWhatIsNoNumber() {
    assertEquals(0, FixedWeights.of(-30));
    assertEquals(0, FixedWeights.of(-1e30));
    assertEquals(0, FixedWeights.of(Double.NEGATIVE_INFINITY));
    assertEquals(0, FixedWeights.of(Double.NaN));
  }

  @Test
  void aChanceFallsOnOneOfTheWeightsThatWereKept() {
    assertEquals(0, FixedWeights.target(0, 10));
    assertEquals(9, FixedWeights.target(Math.nextDown(1.0), 10));
    long many = 1L << 62;
    assertEquals(many - 1, FixedWeights.target(Math.nextDown(1.0), many), 1L << 10);
  }
}
