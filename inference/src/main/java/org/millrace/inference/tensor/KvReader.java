package org.millrace.inference.tensor;

import org.millrace.inference.cache.KvLayout;

/** A block's quanta of one head back to float32: what {@link KvWriter} wrote as Q8_0. */
final class KvReader {
  private KvReader() {}

  /**
   * Writes keys {@code [headDim, BLOCK_TOKENS]} and values {@code [BLOCK_TOKENS, headDim]}.
   *
   * @param block where the head's keys begin
   */
  static void decode(KvLayout layout, long block, long keys, long values) {
    int groups = layout.groups();
    long scales = block + layout.scaleOffset();
    for (int d = 0; d < layout.headDim(); d++) {
      long at = (long) d * KvLayout.BLOCK_TOKENS;
      long groupScales = scales + 2L * (d / KvLayout.GROUP) * KvLayout.BLOCK_TOKENS;
      for (int token = 0; token < KvLayout.BLOCK_TOKENS; token++) {
        float scale = Memory.getHalf(groupScales + 2L * token);
        Memory.setFloat(keys + 4 * (at + token), Memory.getByte(block + at + token) * scale);
      }
    }
    long quanta = block + layout.headBytes();
    for (int token = 0; token < KvLayout.BLOCK_TOKENS; token++) {
      for (int d = 0; d < layout.headDim(); d++) {
        long at = (long) token * layout.headDim() + d;
        long scale = layout.scaleOffset() + 2L * (token * groups + d / KvLayout.GROUP);
        float value = Memory.getByte(quanta + at) * Memory.getHalf(quanta + scale);
        Memory.setFloat(values + 4 * at, value);
      }
    }
  }
}
