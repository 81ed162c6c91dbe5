package org.millrace.gpu.device;

import java.util.HashMap;
import java.util.Map;
import org.millrace.gpu.driver.Arguments;
import org.millrace.inference.tensor.Matrix;

/**
 * Which weights are read after which, learned from the steps before: so a kernel that reads little
 * asks for those that come next meanwhile, and memory is not idle while it runs. Of use where few
 * rows share the weights; with many, arithmetic is what takes the time.
 */
final class Foresight {
  private static final int ROWS_MAX = 8;

  /** About what memory brings while such a kernel runs; the cache it comes into holds several. */
  private static final long BYTES_MAX = 12L << 20;

  /** As {@code AHEAD_PIECE} in {@code device.cuh}. */
  private static final int PIECE_BYTES = 64 << 10;

  private final Map<Long, Ahead> following = new HashMap<>();
  private boolean few;
  private long last;

  /** A piece of memory, as kernels take it: none of no bytes. */
  record Ahead(long address, long bytes) {
    private static final Ahead NOTHING = new Ahead(0, 0);

    /** Blocks of threads that it takes. */
    int blocks() {
      return Math.toIntExact(Math.ceilDiv(bytes, PIECE_BYTES));
    }

    Arguments put(Arguments arguments) {
      return arguments.put(address).put(bytes);
    }
  }

  /** A step of so many rows begins; 0 where it is none. */
  void begin(int rows) {
    few = rows > 0 && rows <= ROWS_MAX;
    last = 0;
  }

  /** Weights are read now. */
  void read(Matrix weights) {
    long bytes = Storage.bytes(weights.type(), weights.rows(), weights.columns());
    following.put(last, new Ahead(weights.address(), Math.min(bytes, BYTES_MAX)));
    last = weights.address();
  }

  /** What will be read next, as far as is known. */
  Ahead next() {
    return few ? following.getOrDefault(last, Ahead.NOTHING) : Ahead.NOTHING;
  }
}
