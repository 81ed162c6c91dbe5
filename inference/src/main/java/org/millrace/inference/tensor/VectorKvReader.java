package org.millrace.inference.tensor;

import jdk.incubator.vector.FloatVector;
import org.millrace.inference.cache.KvLayout;

/** {@link KvReader} with vectors, to the same bits. */
final class VectorKvReader {
  private VectorKvReader() {}

  static void decode(KvLayout layout, long block, long keys, long values) {
    if (layout.headDim() % KvLayout.GROUP != 0) {
      KvReader.decode(layout, block, keys, values);
      return;
    }
    long scales = block + layout.scaleOffset();
    for (int group = 0; group < layout.groups(); group++) {
      long first = (long) group * KvLayout.GROUP * KvLayout.BLOCK_TOKENS;
      keyGroup(block + first, scales + 2L * group * KvLayout.BLOCK_TOKENS, keys + 4 * first);
    }
    long quanta = block + layout.headBytes();
    long groups = (long) KvLayout.BLOCK_TOKENS * layout.groups();
    for (long group = 0; group < groups; group++) {
      long scale = quanta + layout.scaleOffset() + 2 * group;
      valueGroup(quanta + group * KvLayout.GROUP, scale, values + 4 * group * KvLayout.GROUP);
    }
  }

  /** The elements of all tokens that a row of scales is for. */
  private static void keyGroup(long quanta, long scales, long out) {
    for (int token = 0; token < KvLayout.BLOCK_TOKENS; token += Lanes.COUNT) {
      FloatVector scale = Lanes.halves(Lanes.unsignedShorts(scales + 2L * token));
      for (int d = 0; d < KvLayout.GROUP; d++) {
        long at = (long) d * KvLayout.BLOCK_TOKENS + token;
        Lanes.store(Lanes.toFloat(Lanes.signedBytes(quanta + at)).mul(scale), out + 4 * at);
      }
    }
  }

  private static void valueGroup(long quanta, long scaleAt, long out) {
    FloatVector scale = Lanes.half(scaleAt);
    for (int i = 0; i < KvLayout.GROUP; i += Lanes.COUNT) {
      Lanes.store(Lanes.toFloat(Lanes.signedBytes(quanta + i)).mul(scale), out + 4L * i);
    }
  }
}
