package org.millrace.inference.tensor;

import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.gguf.GgmlType;

/**
 * The inner loops of the CPU, on absolute addresses. Each implementation computes a row's result
 * with the same operations in the same order whatever the rows beside it, so results do not depend
 * on the batch. Implementations agree with each other to rounding. Stateless, safe for all threads.
 */
interface Kernels {
  /** Bytes of a thread's scratch that {@link #matmul} may use. */
  long MATMUL_SCRATCH_BYTES = 1 << 20;

  /** Bytes of a thread's scratch that {@link #attend} may use beside a decoded block. */
  long ATTENTION_SCRATCH_BYTES = 1 << 18;

  /** {@code scalar}, {@code vector} or {@code native}. */
  String name();

  /** Writes {@code count} elements, a whole number of blocks, as float32. */
  void decode(GgmlType type, long from, long to, int count);

  /**
   * Bytes of a token's inputs as {@link #prepare} writes them for products with weights of a type;
   * 0 where {@link #matmul} takes them as they are.
   */
  default long preparedBytes(GgmlType type, int columns) {
    return 0;
  }

  /** Writes {@code rows} tokens' inputs in the form that {@link #matmul} works with. */
  default void prepare(long in, int columns, int rows, long out) {}

  /**
   * Writes a part of {@code rows} tokens' inputs as {@link #prepare} would write all of them: the
   * columns from {@code from} on.
   *
   * @param in {@code [rows, count]}, that part alone
   * @param columns of the whole inputs
   * @param from a multiple of 32, and {@code count} too, where the inputs are prepared at all
   * @param out where the whole inputs begin
   */
  default void preparePart(long in, int columns, int from, int count, int rows, long out) {}

  /** Computes {@code part.out} for weight rows {@code from} to {@code to - 1} and all tokens. */
  void matmul(MatmulPart part, int from, int to, long scratch);

  /** See {@link TensorDevice#rmsNorm}; one group. */
  void rmsNorm(long x, long weight, float epsilon, int count, long out);

  /** {@code x += y * factor}. */
  void addScaled(long x, long y, float factor, int count);

  /** {@code x *= factor}. */
  void scale(long x, float factor, int count);

  /** {@code gate = activation(gate) * up}. */
  void activate(Activation activation, long gate, long up, int count);

  /** {@code x = cap * tanh(x / cap)}. */
  void softCap(long x, float cap, int count);

  /**
   * Which of so many values is the largest, of equals the first; -1 where one of them is no number
   * or infinite.
   */
  default int mostLikely(long x, int count) {
    int most = 0;
    for (int i = 0; i < count; i++) {
      float value = Memory.getFloat(x + 4L * i);
      if (!Float.isFinite(value)) {
        return -1;
      }
      if (value > Memory.getFloat(x + 4L * most)) {
        most = i;
      }
    }
    return most;
  }

  /**
   * Turns one head. {@code cos} and {@code sin} hold one value per element: for neighbours each
   * twice, for halves the same values in both halves; {@code sin} is negative where it multiplies a
   * pair's second element.
   */
  void rotate(Rotation.Style style, long x, long cos, long sin, int dimensions);

  /**
   * Decodes one head of a cache block of quanta to float32 keys {@code [headDim, BLOCK_TOKENS]} and
   * values {@code [BLOCK_TOKENS, headDim]}.
   *
   * @param block where the head's keys begin
   */
  default void decodeCache(KvLayout layout, long block, long keys, long values) {
    KvReader.decode(layout, block, keys, values);
  }

  /**
   * Does a whole tile of attention; returns {@code false} where these kernels leave that to their
   * caller, who composes it of the four that follow.
   */
  default boolean attend(AttentionTile tile, long scratch) {
    return false;
  }

  /**
   * Scores of a query against a block's keys {@code [headDim, BLOCK_TOKENS]}, times {@code scale}:
   * {@link KvLayout#BLOCK_TOKENS} floats, also for tokens not there yet.
   */
  void scores(long query, long keys, int headDim, float scale, long out);

  /** The largest of {@code BLOCK_TOKENS} scores. */
  float largest(long scores);

  /** Replaces {@code BLOCK_TOKENS} scores s by {@code e^(s - largest)}; returns their sum. */
  float exponentials(long scores, float largest);

  /**
   * {@code out = out * correction + sum(weights[t] * values[t])} over tokens {@code from} to {@code
   * to - 1} of a block's values {@code [BLOCK_TOKENS, headDim]}.
   */
  void weigh(long weights, int from, int to, long values, int headDim, float correction, long out);

  /**
   * Reads memory, for measuring how fast that goes; returns something that depends on all of it.
   */
  default long read(long from, long bytes) {
    long sum = 0;
    for (long at = from; at + 32 <= from + bytes; at += 32) {
      sum += Memory.getLong(at) + Memory.getLong(at + 8);
      sum += Memory.getLong(at + 16) + Memory.getLong(at + 24);
    }
    return sum;
  }
}
