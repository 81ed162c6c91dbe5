package org.millrace.demomodel.export;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Rows of floats as ggml's Q8_0: blocks of 32 elements, each a half-precision scale and 32 signed
 * bytes; an element is scale times byte.
 */
final class Q8Blocks {
  static final int ELEMENTS = 32;
  static final int BYTES = Short.BYTES + ELEMENTS;
  private static final float LARGEST = 127f;

  private Q8Blocks() {}

  /** The blocks of {@code values}, whose count is a multiple of 32. */
  static byte[] of(float[] values) {
    if (values.length % ELEMENTS != 0) {
      throw new IllegalArgumentException(
          "%d values are no whole number of blocks of %d".formatted(values.length, ELEMENTS));
    }
    var blocks =
        ByteBuffer.allocate(values.length / ELEMENTS * BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int start = 0; start < values.length; start += ELEMENTS) {
      put(values, start, blocks);
    }
    return blocks.array();
  }

  private static void put(float[] values, int start, ByteBuffer blocks) {
    float largest = 0;
    for (int i = start; i < start + ELEMENTS; i++) {
      largest = Math.max(largest, Math.abs(values[i]));
    }
    float scale = largest / LARGEST;
    float inverse = scale == 0 ? 0 : 1 / scale;
    blocks.putShort(Float.floatToFloat16(scale));
    for (int i = start; i < start + ELEMENTS; i++) {
      blocks.put((byte) Math.round(values[i] * inverse));
    }
  }
}
