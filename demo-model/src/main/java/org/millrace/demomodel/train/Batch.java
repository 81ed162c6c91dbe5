package org.millrace.demomodel.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Samples packed into rows of equal length. A token looks only at earlier tokens of its own sample.
 *
 * <p>Rotary positions count from the row's begin; as attention sees only their differences, a
 * sample need not begin at position 0.
 */
final class Batch {
  private static final float HIDDEN = -1e9f;
  private static final int PADDING = -1;

  private final int rows;
  private final int length;
  private final int[] tokens;
  private final int[] owners;
  private final LongStream.Builder places = LongStream.builder();
  private final LongStream.Builder targets = LongStream.builder();
  private int used;

  /** Packs each list of samples into one row of {@code length} tokens. */
  Batch(List<List<Sample>> contents, int length) {
    this.rows = contents.size();
    this.length = length;
    this.tokens = new int[rows * length];
    this.owners = new int[rows * length];
    Arrays.fill(owners, PADDING);
    for (int row = 0; row < rows; row++) {
      int start = row * length;
      int owner = 0;
      for (Sample sample : contents.get(row)) {
        put(sample, start, owner++);
        start += sample.length();
      }
    }
  }

  private void put(Sample sample, int start, int owner) {
    for (int i = 0; i < sample.length(); i++) {
      tokens[start + i] = sample.tokens()[i];
      owners[start + i] = owner;
      if (sample.taught()[i]) {
        places.add(start + i - 1);
        targets.add(sample.tokens()[i]);
      }
    }
    used += sample.length();
  }

  /** Tokens without padding. */
  int usedTokens() {
    return used;
  }

  NDArray tokens(NDManager manager) {
    return manager.create(tokens, new Shape(rows, length));
  }

  /** The places before taught tokens, flattened over rows. */
  NDArray places(NDManager manager) {
    return manager.create(places.build().toArray());
  }

  /** The taught tokens, {@code [places, 1]}. */
  NDArray targets(NDManager manager) {
    long[] ids = targets.build().toArray();
    return manager.create(ids, new Shape(ids.length, 1));
  }

  NDArray mask(NDManager manager) {
    var mask = new float[rows * length * length];
    Arrays.fill(mask, HIDDEN);
    for (int row = 0; row < rows; row++) {
      for (int query = 0; query < length; query++) {
        open(mask, row, query);
      }
    }
    return manager.create(mask, new Shape(rows, 1, length, length));
  }

  private void open(float[] mask, int row, int query) {
    int base = (row * length + query) * length;
    int owner = owners[row * length + query];
    // Padding looks at itself, as the shares of a token must sum to one.
    for (int key = query; key >= 0 && owners[row * length + key] == owner; key--) {
      mask[base + key] = 0;
    }
  }
}
