package org.millrace.gpu.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.gpu.CudaProvider;
import org.millrace.gpu.emulation.EmulatedContext.Order;
import org.millrace.gpu.emulation.TestDevice;
import org.millrace.inference.api.Constraint;
import org.millrace.inference.api.ConstraintState;
import org.millrace.inference.api.DrawnToken;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.sampling.SeededSampler;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.DeviceProvider.Request;
import org.millrace.inference.tensor.TensorDevice;
import org.millrace.inference.tensor.TensorDevice.RowDraw;

/** The device draws what the host's sampler draws: the same token, to the bit the same logprob. */
class TokenDrawTest {
  private static final int ROWS = 3;
  private static final int STEPS = 3;

  private final Arena arena = Arena.ofShared();
  private final RandomTensors tensors = new RandomTensors(11, arena);
  private final List<TensorDevice> opened = new ArrayList<>();
  private int undecided;
  private int drawn;

  @BeforeEach
  void needsTheLibrary() {
    TestDevice.assumeThere();
  }

  @AfterEach
  void close() {
    opened.forEach(TensorDevice::close);
    arena.close();
  }

  private TensorDevice device(Order order) {
    var request = new Request("", new KvLayout(1, 2, 32, 4), 4, 4, 8, 2, 64);
    var device = CudaProvider.open(TestDevice.open(order), request);
    opened.add(device);
    return device;
  }

  @ParameterizedTest
  @EnumSource(Order.class)
  void theSameTokensAsTheHostInRandomCases(Order order) {
    TensorDevice device = device(order);
    for (int seed = 0; seed < 60; seed++) {
      compare(device, seed, new int[] {2, 50, 1000, 5000}[seed % 4]);
    }
    assertTrue(undecided * 10 < drawn, undecided + " of " + drawn + " were left to the host");
  }

  @Test
  void theSameTokensAsTheHostOfALargeVocabulary() {
    TensorDevice device = device(Order.SCATTERED);
    for (int seed = 100; seed < 112; seed++) {
      compare(device, seed, 128_256);
    }
  }

  /** Some sequences for some steps, all drawn together. */
  private void compare(TensorDevice device, long seed, int vocabulary) {
    var random = new SplittableRandom(seed);
    List<SeededSampler> hosts = new ArrayList<>();
    List<SeededSampler> devices = new ArrayList<>();
    List<SamplingParams> all = new ArrayList<>();
    for (int row = 0; row < ROWS; row++) {
      SamplingParams params = params(random, vocabulary);
      int[] prompt = random.ints(20, 0, vocabulary).toArray();
      all.add(params);
      hosts.add(new SeededSampler(params, vocabulary, prompt));
      devices.add(new SeededSampler(params, vocabulary, prompt));
    }
    for (int step = 0; step < STEPS; step++) {
      float[] logits = logits(random, ROWS * vocabulary);
      for (int row = 0; row < ROWS; row++) {
        // Which is always allowed: so that there is something to draw.
        logits[row * vocabulary] = 0.5f;
      }
      List<SampledToken> found = draw(device, devices, logits, vocabulary);
      for (int row = 0; row < ROWS; row++) {
        SampledToken expected = hosts.get(row).sample(row(logits, row, vocabulary));
        String where = "seed %d step %d %s".formatted(seed, step, all.get(row));
        assertEquals(expected, found.get(row), where);
      }
    }
  }

  private static float[] row(float[] logits, int row, int columns) {
    return Arrays.copyOfRange(logits, row * columns, (row + 1) * columns);
  }

  private List<SampledToken> draw(
      TensorDevice device, List<SeededSampler> samplers, float[] logits, int columns) {
    Buffer buffer = device.load(tensors.floats(logits));
    List<RowDraw> draws = new ArrayList<>();
    for (int row = 0; row < samplers.size(); row++) {
      draws.add(new RowDraw(row, Objects.requireNonNull(samplers.get(row).prepare())));
    }
    List<DrawnToken> found = device.draw(buffer, columns, draws);
    float[] after = new float[logits.length];
    device.read(buffer, 0, after);
    assertArrayEquals(logits, after, "logits are as they were");
    List<SampledToken> tokens = new ArrayList<>();
    for (int row = 0; row < samplers.size(); row++) {
      drawn++;
      if (found.get(row).token() < 0) {
        undecided++;
        tokens.add(samplers.get(row).sample(row(logits, row, columns)));
      } else {
        tokens.add(samplers.get(row).take(found.get(row)));
      }
    }
    return tokens;
  }

  private static SamplingParams params(SplittableRandom random, int vocabulary) {
    Map<Integer, Float> biases = new HashMap<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      biases.put(random.nextInt(vocabulary), (float) random.nextDouble(-5, 5));
    }
    return new SamplingParams(
        pick(random, 0, 0.1f, 0.7f, 1, 2),
        (int) pick(random, 0, 0, 1, 5, 40),
        pick(random, 1, 1, 0.95f, 0.5f, 0.01f),
        pick(random, 0, 0, 0.05f, 0.3f, 1),
        pick(random, 1, 1, 1.1f, 2, 0.5f),
        pick(random, 0, 0, 0.5f, -1, 2),
        pick(random, 0, 0, 0.3f, -0.2f, 1),
        random.nextLong(),
        biases,
        random.nextBoolean(),
        0,
        random.nextInt(3) == 0 ? new Allowing(vocabulary, random.nextLong()) : null);
  }

  private static float pick(SplittableRandom random, float... values) {
    return values[random.nextInt(values.length)];
  }

  /** Flat, spread, or so coarse that there are many equals; some are minus infinity. */
  private static float[] logits(SplittableRandom random, int count) {
    double spread = new double[] {0.1, 1, 3, 10}[random.nextInt(4)];
    int kind = random.nextInt(3);
    float[] logits = new float[count];
    for (int i = 0; i < count; i++) {
      double value = random.nextGaussian() * spread;
      logits[i] = (float) (kind == 0 ? Math.rint(value * 2) / 2 : value);
      if (kind == 1 && random.nextInt(4) == 0) {
        logits[i] = i % 5 == 0 ? -0f : Float.NEGATIVE_INFINITY;
      }
    }
    return logits;
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void aLogitThatIsNoNumberIsLeftToTheHostWhichNamesIt(float broken) {
    float[] logits = new float[3000];
    logits[2345] = broken;
    var params = new SamplingParams(1, 0, 0.9f, 0, 1, 0, 0, 5, Map.of(), false, 0);
    var sampler = new SeededSampler(params, logits.length, new int[0]);
    var failure =
        assertThrows(
            IllegalStateException.class,
            () -> draw(device(Order.UPWARDS), List.of(sampler), logits, logits.length));
    assertTrue(Objects.requireNonNull(failure.getMessage()).contains("token 2345"));
    assertEquals(1, undecided);
  }

  @Test
  void whereNothingIsAllowedTheHostSaysSo() {
    float[] logits = new float[100];
    Constraint nothing = new Allowing(100, new BitSet());
    var params = SamplingParams.greedy().withConstraint(nothing);
    var sampler = new SeededSampler(params, 100, new int[0]);
    assertThrows(
        IllegalStateException.class,
        () -> draw(device(Order.UPWARDS), List.of(sampler), logits, 100));
  }

  @Test
  void moreTokensThanTheDeviceSortsAreLeftToTheHostWhichDrawsWithTheSameChance() {
    float[] logits = new float[20_000];
    var params = new SamplingParams(1, 0, 0.9f, 0, 1, 0, 0, 5, Map.of(), false, 0);
    var host = new SeededSampler(params, logits.length, new int[0]);
    var sampler = new SeededSampler(params, logits.length, new int[0]);
    TensorDevice device = device(Order.UPWARDS);
    for (int i = 0; i < 3; i++) {
      SampledToken found = draw(device, List.of(sampler), logits, logits.length).getFirst();
      assertEquals(host.sample(logits.clone()), found);
    }
    assertEquals(3, undecided);
  }

  @Test
  void rowsWhosePenaltiesFindNoRoomAreLeftToTheHostAndTheOthersAreNot() {
    int columns = 40_000;
    var params = new SamplingParams(1, 20, 1, 0, 1.2f, 0, 0, 5, Map.of(), false, 0);
    int[] everything = new int[columns];
    Arrays.setAll(everything, i -> i);
    var full = new SeededSampler(params, columns, everything);
    var small = new SeededSampler(params, columns, new int[] {1, 2});
    float[] logits = logits(new SplittableRandom(3), 3 * columns);
    draw(device(Order.UPWARDS), List.of(small, full, small), logits, columns);
    assertEquals(1, undecided);
  }

  @Test
  void topLogprobsAreNotForTheDevice() {
    var params = new SamplingParams(1, 0, 1, 0, 1, 0, 0, 5, Map.of(), true, 3);
    assertNull(new SeededSampler(params, 10, new int[0]).prepare());
  }

  /** Allows a random half of the tokens, always the same. */
  private static final class Allowing implements Constraint, ConstraintState {
    private final int vocabulary;
    private final BitSet allowed;

    Allowing(int vocabulary, long seed) {
      this(vocabulary, new BitSet(vocabulary));
      var random = new SplittableRandom(seed);
      for (int i = 0; i < vocabulary; i++) {
        allowed.set(i, random.nextBoolean());
      }
      allowed.set(0);
      allowed.set(1);
    }

    Allowing(int vocabulary, BitSet allowed) {
      this.vocabulary = vocabulary;
      this.allowed = allowed;
    }

    @Override
    public ConstraintState start() {
      return this;
    }

    @Override
    public int mask(float[] logits) {
      for (int i = allowed.nextClearBit(0); i < vocabulary; i = allowed.nextClearBit(i + 1)) {
        logits[i] = Float.NEGATIVE_INFINITY;
      }
      return allowed.cardinality();
    }

    @Override
    public long[] allowed() {
      return Arrays.copyOf(allowed.toLongArray(), Math.ceilDiv(vocabulary, Long.SIZE));
    }

    @Override
    public boolean allows(int token) {
      return allowed.get(token);
    }

    @Override
    public void advance(int token) {
      if (!allows(token)) {
        throw new IllegalStateException("token " + token);
      }
    }

    @Override
    public boolean isComplete() {
      return true;
    }
  }
}
