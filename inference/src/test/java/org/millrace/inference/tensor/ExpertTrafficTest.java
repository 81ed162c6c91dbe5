package org.millrace.inference.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.cache.KvPool;
import org.millrace.inference.gguf.GgmlType;

/** Which weights a layer of experts reads. */
class ExpertTrafficTest {
  private static final int EXPERTS = 8;
  private static final int USED = 2;
  private static final int MODEL = 64;
  private static final int HIDDEN = 96;

  private final Arena arena = Arena.ofShared();
  private final Randoms randoms = new Randoms(5, arena);
  private final CountingKernels kernels = new CountingKernels();
  private final KvPool pool = new KvPool(new KvLayout(1, 1, 32, Float.BYTES), 32);
  private final CpuDevice device =
      new CpuDevice(new KernelChoice(kernels, "counts what is read"), 1, pool, 16);

  @AfterEach
  void free() {
    device.close();
    pool.close();
    arena.close();
  }

  private Matrix matrix(int rows, int columns) {
    long weights = randoms.blocks(GgmlType.Q8_0, (long) rows * columns);
    return new Matrix(GgmlType.Q8_0, rows, columns, weights);
  }

  private ExpertWeights weights() {
    List<Matrix> gate = new ArrayList<>();
    List<Matrix> up = new ArrayList<>();
    List<Matrix> down = new ArrayList<>();
    for (int i = 0; i < EXPERTS; i++) {
      gate.add(matrix(HIDDEN, MODEL));
      up.add(matrix(HIDDEN, MODEL));
      down.add(matrix(MODEL, HIDDEN));
    }
    return new ExpertWeights(gate, up, down, USED);
  }

  private static long expertBytes() {
    return 3 * GgmlType.Q8_0.bytesFor((long) HIDDEN * MODEL);
  }

  /** Runs rows of which each is routed to the two experts named for it. */
  private void run(int[][] chosen) {
    var router =
        new Buffer(randoms.empty((long) chosen.length * EXPERTS), (long) chosen.length * EXPERTS);
    for (int row = 0; row < chosen.length; row++) {
      for (int expert : chosen[row]) {
        Memory.setFloat(router.at((long) row * EXPERTS + expert), 5);
      }
    }
    long floats = (long) chosen.length * MODEL;
    var in = new Buffer(randoms.floats(floats), floats);
    var x = new Buffer(randoms.floats(floats), floats);
    device.experts(router, in, chosen.length, weights(), x);
  }

  @Test
  void aTokenReadsItsOwnExpertsAndNoOther() {
    run(new int[][] {{1, 6}});
    assertEquals(USED * expertBytes(), kernels.bytes);
  }

  @Test
  void tokensThatShareAnExpertReadItOnce() {
    run(new int[][] {{1, 6}, {6, 1}, {1, 3}, {3, 6}});
    assertEquals(3 * expertBytes(), kernels.bytes);
    assertEquals(
        4 * USED * (2L * HIDDEN + MODEL), kernels.products, "each token has its own products");
  }

  /** Counts the bytes of weights that products read, and the products' results. */
  private static final class CountingKernels implements Kernels {
    private final Kernels counted = new ScalarKernels();
    private long bytes;
    private long products;

    @Override
    public void matmul(MatmulPart part, int from, int to, long scratch) {
      bytes += (to - from) * part.rowBytes;
      products += (long) (to - from) * part.tokens;
      counted.matmul(part, from, to, scratch);
    }

    @Override
    public String name() {
      return "counting";
    }

    @Override
    public void decode(GgmlType type, long from, long to, int count) {
      counted.decode(type, from, to, count);
    }

    @Override
    public void rmsNorm(long x, long weight, float epsilon, int count, long out) {
      counted.rmsNorm(x, weight, epsilon, count, out);
    }

    @Override
    public void addScaled(long x, long y, float factor, int count) {
      counted.addScaled(x, y, factor, count);
    }

    @Override
    public void scale(long x, float factor, int count) {
      counted.scale(x, factor, count);
    }

    @Override
    public void activate(Activation activation, long gate, long up, int count) {
      counted.activate(activation, gate, up, count);
    }

    @Override
    public void softCap(long x, float cap, int count) {
      counted.softCap(x, cap, count);
    }

    @Override
    public void rotate(Rotation.Style style, long x, long cos, long sin, int dimensions) {
      counted.rotate(style, x, cos, sin, dimensions);
    }

    @Override
    public void scores(long query, long keys, int headDim, float scale, long out) {
      counted.scores(query, keys, headDim, scale, out);
    }

    @Override
    public float largest(long scores) {
      return counted.largest(scores);
    }

    @Override
    public float exponentials(long scores, float largest) {
      return counted.exponentials(scores, largest);
    }

    @Override
    public void weigh(
        long weights, int from, int to, long values, int headDim, float correction, long out) {
      counted.weigh(weights, from, to, values, headDim, correction, out);
    }
  }
}
