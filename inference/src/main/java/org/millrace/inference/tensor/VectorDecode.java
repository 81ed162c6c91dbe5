package org.millrace.inference.tensor;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.millrace.inference.gguf.GgmlType;

/** {@link ScalarDecode} with vectors: the same float32 values to the last bit. */
final class VectorDecode {
  private static final IntVector LANE_NUMBERS = IntVector.broadcast(Lanes.I, 0).addIndex(1);

  /** The sixteen values of IQ4's codes, in as many vectors as they take. */
  private static final IntVector[] IQ4_VALUES = iq4Values();

  private VectorDecode() {}

  static void decode(GgmlType type, long from, long to, int count) {
    switch (type) {
      case F16 -> f16(from, to, count);
      case BF16 -> bf16(from, to, count);
      case Q4_0 -> q40(from, to, count);
      case Q4_1 -> q41(from, to, count);
      case Q5_0 -> q50(from, to, count);
      case Q5_1 -> q51(from, to, count);
      case Q2_K -> q2k(from, to, count);
      case Q3_K -> q3k(from, to, count);
      case Q8_0 -> q80(from, to, count);
      case Q4_K -> q4k(from, to, count);
      case Q5_K -> q5k(from, to, count);
      case Q6_K -> q6k(from, to, count);
      case IQ4_NL -> iq4nl(from, to, count);
      case IQ4_XS -> iq4xs(from, to, count);
      case F32 -> Memory.copyFloats(from, to, count);
    }
  }

  private static void f16(long from, long to, int count) {
    int whole = count - count % Lanes.COUNT;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      Lanes.store(Lanes.halves(Lanes.unsignedShorts(from + 2L * i)), to + 4L * i);
    }
    ScalarDecode.decode(GgmlType.F16, from + 2L * whole, to + 4L * whole, count - whole);
  }

  private static void bf16(long from, long to, int count) {
    int whole = count - count % Lanes.COUNT;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      IntVector bits = Lanes.unsignedShorts(from + 2L * i).lanewise(VectorOperators.LSHL, 16);
      Lanes.store(bits.reinterpretAsFloats(), to + 4L * i);
    }
    ScalarDecode.decode(GgmlType.BF16, from + 2L * whole, to + 4L * whole, count - whole);
  }

  private static void q40(long from, long to, int count) {
    long out = to;
    for (long block = from; out < to + 4L * count; block += 18, out += 128) {
      float scale = Memory.getHalf(block);
      for (int i = 0; i < 16; i += Lanes.COUNT) {
        IntVector pairs = Lanes.unsignedBytes(block + 2 + i);
        Lanes.store(Lanes.toFloat(pairs.and(15).sub(8)).mul(scale), out + 4L * i);
        IntVector high = pairs.lanewise(VectorOperators.LSHR, 4);
        Lanes.store(Lanes.toFloat(high.sub(8)).mul(scale), out + 64 + 4L * i);
      }
    }
  }

  private static void q41(long from, long to, int count) {
    long out = to;
    for (long block = from; out < to + 4L * count; block += 20, out += 128) {
      float scale = Memory.getHalf(block);
      float minimum = -Memory.getHalf(block + 2);
      for (int i = 0; i < 16; i += Lanes.COUNT) {
        IntVector pairs = Lanes.unsignedBytes(block + 4 + i);
        kStore(pairs.and(15), scale, minimum, out + 4L * i);
        kStore(pairs.lanewise(VectorOperators.LSHR, 4), scale, minimum, out + 64 + 4L * i);
      }
    }
  }

  private static void q50(long from, long to, int count) {
    long out = to;
    for (long block = from; out < to + 4L * count; block += 22, out += 128) {
      float scale = Memory.getHalf(block);
      int high = Memory.getInt(block + 2);
      for (int i = 0; i < 16; i += Lanes.COUNT) {
        IntVector pairs = Lanes.unsignedBytes(block + 6 + i);
        IntVector first = pairs.and(15).or(fifth(high >>> i)).sub(16);
        Lanes.store(Lanes.toFloat(first).mul(scale), out + 4L * i);
        IntVector second = pairs.lanewise(VectorOperators.LSHR, 4).or(fifth(high >>> (16 + i)));
        Lanes.store(Lanes.toFloat(second.sub(16)).mul(scale), out + 64 + 4L * i);
      }
    }
  }

  private static void q51(long from, long to, int count) {
    long out = to;
    for (long block = from; out < to + 4L * count; block += 24, out += 128) {
      float scale = Memory.getHalf(block);
      float minimum = -Memory.getHalf(block + 2);
      int high = Memory.getInt(block + 4);
      for (int i = 0; i < 16; i += Lanes.COUNT) {
        IntVector pairs = Lanes.unsignedBytes(block + 8 + i);
        kStore(pairs.and(15).or(fifth(high >>> i)), scale, minimum, out + 4L * i);
        IntVector second = pairs.lanewise(VectorOperators.LSHR, 4).or(fifth(high >>> (16 + i)));
        kStore(second, scale, minimum, out + 64 + 4L * i);
      }
    }
  }

  /** Each lane's own bit, where the fifth bit of a quantum is. */
  private static IntVector fifth(int bits) {
    return IntVector.broadcast(Lanes.I, bits)
        .lanewise(VectorOperators.LSHR, LANE_NUMBERS)
        .and(1)
        .lanewise(VectorOperators.LSHL, 4);
  }

  private static void q80(long from, long to, int count) {
    long out = to;
    for (long block = from; out < to + 4L * count; block += 34, out += 128) {
      float scale = Memory.getHalf(block);
      for (int i = 0; i < 32; i += Lanes.COUNT) {
        IntVector quanta = Lanes.signedBytes(block + 2 + i);
        Lanes.store(Lanes.toFloat(quanta).mul(scale), out + 4L * i);
      }
    }
  }

  private static void q4k(long from, long to, int count) {
    long out = to;
    for (long block = from; out < to + 4L * count; block += 144, out += 1024) {
      for (int group = 0; group < 8; group += 2) {
        q4kPair(block, group, out + group * 128L);
      }
    }
  }

  /** Two groups whose quanta share bytes. */
  private static void q4kPair(long block, int group, long out) {
    float scale = kScale(block, group);
    float minimum = kMinimum(block, group);
    float nextScale = kScale(block, group + 1);
    float nextMinimum = kMinimum(block, group + 1);
    for (int i = 0; i < 32; i += Lanes.COUNT) {
      IntVector pairs = Lanes.unsignedBytes(block + 16 + group * 16L + i);
      kStore(pairs.and(15), scale, minimum, out + 4L * i);
      IntVector high = pairs.lanewise(VectorOperators.LSHR, 4);
      kStore(high, nextScale, nextMinimum, out + 128 + 4L * i);
    }
  }

  private static void q5k(long from, long to, int count) {
    long out = to;
    for (long block = from; out < to + 4L * count; block += 176, out += 1024) {
      for (int group = 0; group < 8; group += 2) {
        q5kPair(block, group, out + group * 128L);
      }
    }
  }

  private static void q5kPair(long block, int group, long out) {
    float scale = kScale(block, group);
    float minimum = kMinimum(block, group);
    float nextScale = kScale(block, group + 1);
    float nextMinimum = kMinimum(block, group + 1);
    for (int i = 0; i < 32; i += Lanes.COUNT) {
      IntVector pairs = Lanes.unsignedBytes(block + 48 + group * 16L + i);
      IntVector fifth = Lanes.unsignedBytes(block + 16 + i);
      kStore(pairs.and(15).or(bit(fifth, group, 4)), scale, minimum, out + 4L * i);
      IntVector high = pairs.lanewise(VectorOperators.LSHR, 4).or(bit(fifth, group + 1, 4));
      kStore(high, nextScale, nextMinimum, out + 128 + 4L * i);
    }
  }

  private static float kScale(long block, int group) {
    return Memory.getHalf(block) * ScalarDecode.kScale(block + 4, group);
  }

  private static float kMinimum(long block, int group) {
    return Memory.getHalf(block + 2) * ScalarDecode.kMinimum(block + 4, group);
  }

  private static void kStore(IntVector quanta, float scale, float minimum, long out) {
    FloatVector scales = FloatVector.broadcast(Lanes.F, scale);
    FloatVector minima = FloatVector.broadcast(Lanes.F, -minimum);
    Lanes.store(Lanes.toFloat(quanta).fma(scales, minima), out);
  }

  private static void q6k(long from, long to, int count) {
    long out = to;
    for (long block = from; out < to + 4L * count; block += 210, out += 1024) {
      float scale = Memory.getHalf(block + 208);
      for (int half = 0; half < 2; half++) {
        for (int i = 0; i < 32; i += Lanes.COUNT) {
          IntVector highs = Lanes.unsignedBytes(block + 128 + half * 32L + i);
          IntVector lows = Lanes.unsignedBytes(block + half * 64L + i);
          IntVector nextLows = Lanes.unsignedBytes(block + half * 64L + 32 + i);
          long scales = block + 192 + half * 8L + i / 16;
          long to0 = out + half * 512L + 4L * i;
          q6kGroup(lows.and(15), highs, 0, scale * Memory.getByte(scales), to0);
          q6kGroup(nextLows.and(15), highs, 2, scale * Memory.getByte(scales + 2), to0 + 128);
          IntVector upper = lows.lanewise(VectorOperators.LSHR, 4);
          q6kGroup(upper, highs, 4, scale * Memory.getByte(scales + 4), to0 + 256);
          IntVector nextUpper = nextLows.lanewise(VectorOperators.LSHR, 4);
          q6kGroup(nextUpper, highs, 6, scale * Memory.getByte(scales + 6), to0 + 384);
        }
      }
    }
  }

  private static void q6kGroup(IntVector low, IntVector highs, int shift, float scale, long out) {
    IntVector high =
        highs.lanewise(VectorOperators.LSHR, shift).and(3).lanewise(VectorOperators.LSHL, 4);
    Lanes.store(Lanes.toFloat(low.or(high).sub(32)).mul(scale), out);
  }

  private static void q2k(long from, long to, int count) {
    long out = to;
    for (long block = from; out < to + 4L * count; block += 84, out += 1024) {
      float scale = Memory.getHalf(block + 80);
      float minScale = Memory.getHalf(block + 82);
      for (int group = 0; group < 16; group++) {
        int factors = Memory.getUnsignedByte(block + group);
        float own = scale * (factors & 15);
        float minimum = minScale * (factors >> 4);
        // Two groups of sixteen share a shift, eight share bytes.
        long quanta = block + 16 + group / 8 * 32 + group % 2 * 16;
        for (int i = 0; i < 16; i += Lanes.COUNT) {
          IntVector pair = Lanes.unsignedBytes(quanta + i);
          IntVector q = pair.lanewise(VectorOperators.LSHR, group % 8 / 2 * 2).and(3);
          kStore(q, own, minimum, out + 64L * group + 4L * i);
        }
      }
    }
  }

  private static void q3k(long from, long to, int count) {
    long out = to;
    for (long block = from; out < to + 4L * count; block += 110, out += 1024) {
      float scale = Memory.getHalf(block + 108);
      for (int group = 0; group < 16; group++) {
        float own = scale * (ScalarDecode.q3kScale(block + 96, group) - 32);
        long quanta = block + 32 + group / 8 * 32 + group % 2 * 16;
        for (int i = 0; i < 16; i += Lanes.COUNT) {
          IntVector low =
              Lanes.unsignedBytes(quanta + i)
                  .lanewise(VectorOperators.LSHR, group % 8 / 2 * 2)
                  .and(3);
          IntVector high = Lanes.unsignedBytes(block + group % 2 * 16 + i);
          IntVector q = low.or(bit(high, group / 2, 2)).sub(4);
          Lanes.store(Lanes.toFloat(q).mul(own), out + 64L * group + 4L * i);
        }
      }
    }
  }

  private static void iq4nl(long from, long to, int count) {
    long out = to;
    for (long block = from; out < to + 4L * count; block += 18, out += 128) {
      iq4(block + 2, Memory.getHalf(block), out);
    }
  }

  private static void iq4xs(long from, long to, int count) {
    long out = to;
    for (long block = from; out < to + 4L * count; block += 136, out += 1024) {
      float scale = Memory.getHalf(block);
      for (int group = 0; group < 8; group++) {
        float own = scale * ScalarDecode.iq4xsScale(block, group);
        iq4(block + 8 + 16L * group, own, out + 128L * group);
      }
    }
  }

  /** Sixteen pairs of codes. */
  private static void iq4(long quanta, float scale, long out) {
    for (int i = 0; i < 16; i += Lanes.COUNT) {
      IntVector pairs = Lanes.unsignedBytes(quanta + i);
      Lanes.store(iq4Values(pairs.and(15)).mul(scale), out + 4L * i);
      IntVector high = pairs.lanewise(VectorOperators.LSHR, 4);
      Lanes.store(iq4Values(high).mul(scale), out + 64 + 4L * i);
    }
  }

  /** Looks codes up in as many vectors as hold the sixteen values. */
  private static FloatVector iq4Values(IntVector codes) {
    IntVector values = codes.selectFrom(IQ4_VALUES[0]);
    for (int part = 1; part < IQ4_VALUES.length; part++) {
      var ofPart = codes.compare(VectorOperators.GE, part * Lanes.COUNT);
      values = values.blend(codes.selectFrom(IQ4_VALUES[part]), ofPart);
    }
    return Lanes.toFloat(values);
  }

  private static IntVector[] iq4Values() {
    var parts = new IntVector[16 / Lanes.COUNT];
    for (int part = 0; part < parts.length; part++) {
      parts[part] = IntVector.fromArray(Lanes.I, ScalarDecode.IQ4_VALUES, part * Lanes.COUNT);
    }
    return parts;
  }

  private static IntVector bit(IntVector bits, int index, int place) {
    return bits.lanewise(VectorOperators.LSHR, index).and(1).lanewise(VectorOperators.LSHL, place);
  }
}
