package org.millrace.inference.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.inference.api.InvalidRequestException;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.SamplingParams;

class SeededSamplerTest {
  private static final int VOCABULARY = 50;

  private static SamplingParams params(float temperature, int topK, float topP, float minP) {
    return new SamplingParams(temperature, topK, topP, minP, 1, 0, 0, 7, Map.of(), false, 0);
  }

  private static float[] logits(long seed) {
    var random = new SplittableRandom(seed);
    float[] logits = new float[VOCABULARY];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (random.nextDouble() * 8 - 4);
    }
    return logits;
  }

  private static int[] draws(SamplingParams params, int count) {
    var sampler = new SeededSampler(params, VOCABULARY, new int[0]);
    int[] tokens = new int[count];
    for (int i = 0; i < count; i++) {
      tokens[i] = sampler.sample(logits(i % 3)).token();
    }
    return tokens;
  }

  @Test
  void greedyTakesTheMostLikelyAndOfEqualsTheLowerId() {
    float[] logits = new float[VOCABULARY];
    logits[13] = 2;
    logits[31] = 2;
    var sampler = new SeededSampler(SamplingParams.greedy(), VOCABULARY, new int[0]);
    assertEquals(13, sampler.sample(logits).token());
  }

  @Test
  void theSameSeedDrawsTheSameTokensAndAnotherSeedOthers() {
    var params = params(1, 0, 1, 0);
    assertEquals(List.of(box(draws(params, 100))), List.of(box(draws(params, 100))));
    var other = new SamplingParams(1, 0, 1, 0, 1, 0, 0, 8, Map.of(), false, 0);
    assertFalse(List.of(box(draws(params, 100))).equals(List.of(box(draws(other, 100)))));
  }

  @Test
  void drawsFollowTheSoftmaxOfTheLogits() {
    float[] logits = logits(1);
    double normalizer = Logprobs.normalizer(logits, VOCABULARY);
    var sampler = new SeededSampler(params(1, 0, 1, 0), VOCABULARY, new int[0]);
    int[] counts = new int[VOCABULARY];
    int draws = 200_000;
    for (int i = 0; i < draws; i++) {
      counts[sampler.sample(logits.clone()).token()]++;
    }
    for (int i = 0; i < VOCABULARY; i++) {
      double expected = Math.exp(logits[i] - normalizer);
      assertEquals(expected, (double) counts[i] / draws, 5 * Math.sqrt(expected / draws) + 1e-4);
    }
  }

  @ParameterizedTest
  @CsvSource({"3, 1, 0", "0, 0.5, 0", "0, 1, 0.3", "10, 0.7, 0.05", "0, 0.9, 0.2", "1, 1, 0"})
  void onlyWhatTheFiltersLeaveIsDrawnAndAllOfIt(int topK, float topP, float minP) {
    float[] logits = logits(2);
    Set<Integer> allowed = allowed(logits, topK, topP, minP);
    var sampler = new SeededSampler(params(1, topK, topP, minP), VOCABULARY, new int[0]);
    Set<Integer> drawn = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      drawn.add(sampler.sample(logits.clone()).token());
    }
    assertEquals(allowed, drawn);
  }

  /** The filters' definition, by sorting everything. */
  private static Set<Integer> allowed(float[] logits, int topK, float topP, float minP) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < logits.length; i++) {
      order.add(i);
    }
    order.sort((a, b) -> Float.compare(logits[b], logits[a]));
    List<Integer> kept = topK == 0 ? order : order.subList(0, topK);
    double sum = kept.stream().mapToDouble(i -> Math.exp(logits[i])).sum();
    Set<Integer> allowed = new HashSet<>();
    double reached = 0;
    for (int token : kept) {
      boolean likely = Math.exp(logits[token] - logits[order.getFirst()]) >= minP;
      if (!allowed.isEmpty() && (reached >= topP * sum || !likely)) {
        break;
      }
      allowed.add(token);
      reached += Math.exp(logits[token]);
    }
    return allowed;
  }

  @Test
  void aMaskedTokenIsNeverDrawnEvenWhereTopKIsLarger() {
    float[] logits = new float[VOCABULARY];
    Arrays.fill(logits, Float.NEGATIVE_INFINITY);
    logits[4] = 1;
    logits[9] = 2;
    for (int topK : new int[] {0, 10}) {
      var sampler = new SeededSampler(params(2, topK, 1, 0), VOCABULARY, new int[0]);
      for (int i = 0; i < 2_000; i++) {
        int token = sampler.sample(logits.clone()).token();
        assertTrue(token == 4 || token == 9, "drew " + token);
      }
    }
  }

  @Test
  void biasAndPenaltiesChangeWhatGreedyTakes() {
    float[] flat = new float[VOCABULARY];
    flat[1] = 1;
    flat[2] = 0.9f;
    var biased = new SamplingParams(0, 0, 1, 0, 1, 0, 0, 0, Map.of(7, 5f), false, 0);
    assertEquals(7, new SeededSampler(biased, VOCABULARY, new int[0]).sample(flat.clone()).token());

    var repetition = new SamplingParams(0, 0, 1, 0, 2, 0, 0, 0, Map.of(), false, 0);
    var sampler = new SeededSampler(repetition, VOCABULARY, new int[] {1});
    assertEquals(2, sampler.sample(flat.clone()).token(), "1 stood in the prompt");
    assertEquals(1, sampler.sample(flat.clone()).token(), "2 was generated, both halved now");

    var frequency = new SamplingParams(0, 0, 1, 0, 1, 0, 0.06f, 0, Map.of(), false, 0);
    var counted = new SeededSampler(frequency, VOCABULARY, new int[] {1, 1, 1});
    int[] tokens = new int[4];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = counted.sample(flat.clone()).token();
    }
    assertEquals(List.of(1, 1, 2, 1), List.of(box(tokens)));
  }

  @Test
  void logprobsAreThoseOfTheModelNotOfTheTemperature() {
    float[] logits = logits(3);
    double normalizer = Logprobs.normalizer(logits, VOCABULARY);
    var params = new SamplingParams(0.3f, 0, 1, 0, 1, 0, 0, 1, Map.of(3, 100f), true, 5);
    SampledToken sampled = new SeededSampler(params, VOCABULARY, new int[0]).sample(logits.clone());
    assertEquals(3, sampled.token());
    assertEquals(logits[3] - normalizer, sampled.logprob(), 1e-5);
    assertEquals(5, sampled.top().size());
    List<Integer> order = new ArrayList<>(allowed(logits, 5, 1, 0));
    order.sort((a, b) -> Float.compare(logits[b], logits[a]));
    assertEquals(order, sampled.top().stream().map(SampledToken.TokenLogprob::token).toList());
    assertEquals(logits[order.getFirst()] - normalizer, sampled.top().getFirst().logprob(), 1e-5);
  }

  @Test
  void logitsThatAreNoNumbersFailWithTheTokenNamed() {
    float[] logits = new float[VOCABULARY];
    logits[11] = Float.NaN;
    var sampler = new SeededSampler(params(1, 0, 1, 0), VOCABULARY, new int[0]);
    var failure = assertThrows(IllegalStateException.class, () -> sampler.sample(logits));
    assertTrue(Objects.requireNonNull(failure.getMessage()).contains("token 11"));
  }

  @ParameterizedTest
  @CsvSource({
    "temperature, 2.1, 0, 1, 0, 1, 0, 0, 0, 2",
    "temperature, NaN, 0, 1, 0, 1, 0, 0, 0, 2",
    "temperature, -0.1, 0, 1, 0, 1, 0, 0, 0, 0",
    "top_k, 1, -1, 1, 0, 1, 0, 0, 0, 0",
    "top_p, 1, 0, 0, 0, 1, 0, 0, 0, 1",
    "top_p, 1, 0, 1.5, 0, 1, 0, 0, 0, 1",
    "min_p, 1, 0, 1, -1, 1, 0, 0, 0, 0",
    "repetition_penalty, 1, 0, 1, 0, 0, 0, 0, 0, 100",
    "presence_penalty, 1, 0, 1, 0, 1, 3, 0, 0, 2",
    "frequency_penalty, 1, 0, 1, 0, 1, 0, -3, 0, 2",
    "top_logprobs, 1, 0, 1, 0, 1, 0, 0, 21, 20"
  })
  @SuppressWarnings("checkstyle:parameternumber")
  void aParameterOutOfItsRangeIsRefusedByNameValueAndLimit(
      String parameter,
      float temperature,
      int topK,
      float topP,
      float minP,
      float repetition,
      float presence,
      float frequency,
      int topLogprobs,
      String limit) {
    var params =
        new SamplingParams(
            temperature,
            topK,
            topP,
            minP,
            repetition,
            presence,
            frequency,
            0,
            Map.of(),
            false,
            topLogprobs);
    var refusal =
        assertThrows(
            InvalidRequestException.class, () -> new SeededSampler(params, VOCABULARY, new int[0]));
    assertEquals(parameter, refusal.parameter());
    String message = Objects.requireNonNull(refusal.getMessage());
    assertTrue(message.contains(limit), message);
  }

  /**
   * Temperatures, filters and biases as far out as they may be, over logits as far apart as can be.
   */
  @Test
  void extremesStillDrawATokenThatMayBeDrawn() {
    float[][] shapes = {
      {0, 0, 0, 0},
      {-3e38f, 3e38f, 0, 1},
      {1e-40f, -1e-40f, 0, -0f},
      {-3e38f, -3e38f, -3e38f, -3e38f}
    };
    for (float[] shape : shapes) {
      for (float temperature : new float[] {0, Float.MIN_VALUE, 1e-9f, 1, 2}) {
        for (float topP : new float[] {Float.MIN_VALUE, 1e-9f, 0.5f, 1}) {
          for (float minP : new float[] {0, 1e-9f, 1}) {
            for (int topK : new int[] {0, 1, 3, Integer.MAX_VALUE}) {
              drawWithin(shape, temperature, topP, minP, topK);
            }
          }
        }
      }
    }
  }

  private static void drawWithin(
      float[] shape, float temperature, float topP, float minP, int topK) {
    Map<Integer, Float> bias = Map.of(0, -100f, 1, -100f, 2, -100f, 3, -100f);
    var params = new SamplingParams(temperature, topK, topP, minP, 100, 2, 2, 3, bias, true, 4);
    var sampler = new SeededSampler(params, shape.length, new int[] {0, 1, 2, 3});
    for (int step = 0; step < 20; step++) {
      float[] logits = shape.clone();
      if (step > 0) {
        logits[step % 3] = Float.NEGATIVE_INFINITY;
      }
      var drawn = sampler.sample(logits);
      assertTrue(drawn.token() >= 0 && drawn.token() < shape.length);
      assertTrue(step == 0 || drawn.token() != step % 3, "a token that was ruled out");
      assertTrue(drawn.logprob() <= 0, "logprob " + drawn.logprob());
    }
  }

  @Test
  void aBiasOnATokenOutsideTheVocabularyIsRefused() {
    var params = new SamplingParams(0, 0, 1, 0, 1, 0, 0, 0, Map.of(50, 1f), false, 0);
    var refusal =
        assertThrows(
            InvalidRequestException.class, () -> new SeededSampler(params, VOCABULARY, new int[0]));
    assertEquals("logit_bias", refusal.parameter());
  }

  private static Integer[] box(int[] values) {
    Integer[] boxed = new Integer[values.length];
    for (int i = 0; i < values.length; i++) {
      boxed[i] = values[i];
    }
    return boxed;
  }
}
