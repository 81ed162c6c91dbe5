package org.millrace.inference.grammar.vocabulary;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** Sets the logits of tokens that are not allowed to negative infinity. */
final class Blanking {
  private static final boolean HAS_VECTORS =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

  private Blanking() {}

  /**
   * @param bits one per token, set where it is allowed
   */
  static void keep(long[] bits, float[] logits, int size) {
    int done = HAS_VECTORS ? Wide.keep(bits, logits, size) : 0;
    for (int word = done / Long.SIZE; word * Long.SIZE < size; word++) {
      keepWord(bits[word], logits, word * Long.SIZE, Math.min((word + 1) * Long.SIZE, size));
    }
  }

  private static void keepWord(long allowed, float[] logits, int from, int to) {
    if (allowed == 0) {
      Arrays.fill(logits, from, to, Float.NEGATIVE_INFINITY);
    } else if (allowed != -1L) {
      for (int token = from; token < to; token++) {
        if ((allowed >>> token & 1) == 0) {
          logits[token] = Float.NEGATIVE_INFINITY;
        }
      }
    }
  }

  /** A class of its own, so that no vector class is loaded where the module is missing. */
  private static final class Wide {
    private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;

    /** Returns how many logits are done: all whole words of bits. */
    static int keep(long[] bits, float[] logits, int size) {
      int words = size / Long.SIZE;
      FloatVector least = FloatVector.broadcast(LANES, Float.NEGATIVE_INFINITY);
      for (int word = 0; word < words; word++) {
        long blank = ~bits[word];
        // Words that allow everything are common within free text.
        if (blank != 0) {
          for (int lane = 0; lane < Long.SIZE; lane += LANES.length()) {
            var mask = VectorMask.fromLong(LANES, blank >>> lane);
            least.intoArray(logits, word * Long.SIZE + lane, mask);
          }
        }
      }
      return words * Long.SIZE;
    }
  }
}
