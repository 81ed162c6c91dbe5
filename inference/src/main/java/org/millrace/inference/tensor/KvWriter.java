package org.millrace.inference.tensor;

import org.millrace.inference.cache.KvLayout;

/** Writes one token's key and value of one head into a block, as {@link KvLayout} says. */
final class KvWriter {
  private KvWriter() {}

  static void write(KvLayout layout, long key, long value, long to, int slot) {
    long values = to + layout.headBytes() + (long) slot * layout.headDim() * layout.elementBytes();
    if (layout.elementBytes() == 2) {
      writeHalves(layout.headDim(), key, value, to + 2L * slot, values);
    } else {
      writeFloats(layout.headDim(), key, value, to + 4L * slot, values);
    }
  }

  private static void writeFloats(int headDim, long key, long value, long keys, long values) {
    for (int d = 0; d < headDim; d++) {
      Memory.setFloat(keys + 4L * d * KvLayout.BLOCK_TOKENS, Memory.getFloat(key + 4L * d));
    }
    Memory.copyFloats(value, values, headDim);
  }

  private static void writeHalves(int headDim, long key, long value, long keys, long values) {
    for (int d = 0; d < headDim; d++) {
      short k = Float.floatToFloat16(Memory.getFloat(key + 4L * d));
      Memory.setShort(keys + 2L * d * KvLayout.BLOCK_TOKENS, k);
      Memory.setShort(values + 2L * d, Float.floatToFloat16(Memory.getFloat(value + 4L * d)));
    }
  }
}
