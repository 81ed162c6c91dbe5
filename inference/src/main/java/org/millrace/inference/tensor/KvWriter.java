package org.millrace.inference.tensor;

import org.millrace.inference.cache.KvLayout;

/** Writes one token's key and value of one head into a block, as {@link KvLayout} says. */
final class KvWriter {
  private KvWriter() {}

  static void write(KvLayout layout, long key, long value, long to, int slot) {
    long values = to + layout.headBytes() + (long) slot * layout.headDim() * layout.elementBytes();
    switch (layout.elementBytes()) {
      case Byte.BYTES -> writeQuanta(layout, key, value, to, slot);
      case Short.BYTES -> writeHalves(layout.headDim(), key, value, to + 2L * slot, values);
      default -> writeFloats(layout.headDim(), key, value, to + 4L * slot, values);
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

  private static void writeQuanta(KvLayout layout, long key, long value, long keys, int slot) {
    long values = keys + layout.headBytes() + (long) slot * layout.headDim();
    long keyScales = keys + layout.scaleOffset() + 2L * slot;
    long valueScales =
        keys + layout.headBytes() + layout.scaleOffset() + 2L * slot * layout.groups();
    for (int group = 0; group < layout.groups(); group++) {
      int first = group * KvLayout.GROUP;
      int count = Math.min(KvLayout.GROUP, layout.headDim() - first);
      long to = keys + (long) first * KvLayout.BLOCK_TOKENS + slot;
      long keyScale = keyScales + 2L * group * KvLayout.BLOCK_TOKENS;
      quantize(key + 4L * first, count, to, KvLayout.BLOCK_TOKENS, keyScale);
      quantize(value + 4L * first, count, values + first, 1, valueScales + 2L * group);
    }
  }

  /** As Q8_0: the largest magnitude becomes 127, all else is rounded to the nearest. */
  private static void quantize(long from, int count, long to, long step, long scaleAt) {
    float largest = 0;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, Math.abs(Memory.getFloat(from + 4L * i)));
    }
    short bits = Float.floatToFloat16(largest / 127);
    float scale = Float.float16ToFloat(bits);
    Memory.setShort(scaleAt, bits);
    for (int i = 0; i < count; i++) {
      float quantum = scale == 0 ? 0 : (float) Math.rint(Memory.getFloat(from + 4L * i) / scale);
      // The scale was rounded itself, so the largest may come out a little beyond.
      Memory.setByte(to + i * step, (byte) Math.clamp(quantum, -127f, 127f));
    }
  }
}
