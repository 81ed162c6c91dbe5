package org.millrace.inference.tensor;

import org.millrace.inference.gguf.GgmlType;

/**
 * Each type's blocks to float32, as ggml defines them ({@code ggml-quants.c}, {@code
 * dequantize_row_*}): scale times quantum, minus minimum, rounded once.
 */
final class ScalarDecode {
  /** Values of the four-bit codes of IQ4_NL and IQ4_XS. */
  static final int[] IQ4_VALUES = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  private ScalarDecode() {}

  /** Writes {@code count} elements, a whole number of blocks, as float32. */
  static void decode(GgmlType type, long from, long to, int count) {
    long block = from;
    long out = to;
    long outStep = (long) type.blockSize() * Float.BYTES;
    for (int i = 0; i < count; i += type.blockSize()) {
      decodeBlock(type, block, out);
      block += type.blockBytes();
      out += outStep;
    }
  }

  private static void decodeBlock(GgmlType type, long block, long out) {
    switch (type) {
      case F32 -> Memory.setFloat(out, Memory.getFloat(block));
      case F16 -> Memory.setFloat(out, Memory.getHalf(block));
      case BF16 -> Memory.setFloat(out, Float.intBitsToFloat(Memory.getShort(block) << 16));
      case Q4_0 -> q40(block, out);
      case Q4_1 -> q41(block, out);
      case Q5_0 -> q50(block, out);
      case Q5_1 -> q51(block, out);
      case Q8_0 -> q80(block, out);
      case Q2_K -> q2k(block, out);
      case Q3_K -> q3k(block, out);
      case Q4_K -> q4k(block, out);
      case Q5_K -> q5k(block, out);
      case Q6_K -> q6k(block, out);
      case IQ4_NL -> iq4nl(block, out);
      case IQ4_XS -> iq4xs(block, out);
    }
  }

  private static void q40(long block, long out) {
    float scale = Memory.getHalf(block);
    for (int i = 0; i < 16; i++) {
      int pair = unsigned(block + 2 + i);
      set(out, i, scale * ((pair & 15) - 8));
      set(out, i + 16, scale * ((pair >> 4) - 8));
    }
  }

  private static void q41(long block, long out) {
    float scale = Memory.getHalf(block);
    float minimum = Memory.getHalf(block + 2);
    for (int i = 0; i < 16; i++) {
      int pair = unsigned(block + 4 + i);
      set(out, i, Math.fma(scale, pair & 15, minimum));
      set(out, i + 16, Math.fma(scale, pair >> 4, minimum));
    }
  }

  private static void q50(long block, long out) {
    float scale = Memory.getHalf(block);
    int high = Memory.getInt(block + 2);
    for (int i = 0; i < 16; i++) {
      int pair = unsigned(block + 6 + i);
      set(out, i, scale * (((pair & 15) | bit(high, i, 4)) - 16));
      set(out, i + 16, scale * (((pair >> 4) | bit(high, i + 16, 4)) - 16));
    }
  }

  private static void q51(long block, long out) {
    float scale = Memory.getHalf(block);
    float minimum = Memory.getHalf(block + 2);
    int high = Memory.getInt(block + 4);
    for (int i = 0; i < 16; i++) {
      int pair = unsigned(block + 8 + i);
      set(out, i, Math.fma(scale, (pair & 15) | bit(high, i, 4), minimum));
      set(out, i + 16, Math.fma(scale, (pair >> 4) | bit(high, i + 16, 4), minimum));
    }
  }

  private static void q80(long block, long out) {
    float scale = Memory.getHalf(block);
    for (int i = 0; i < 32; i++) {
      set(out, i, scale * Memory.getByte(block + 2 + i));
    }
  }

  private static void q2k(long block, long out) {
    long quanta = block + 16;
    float scale = Memory.getHalf(block + 80);
    float minScale = Memory.getHalf(block + 82);
    for (int i = 0; i < 256; i++) {
      int half = i / 128;
      int shift = i % 128 / 32 * 2;
      int scales = unsigned(block + i / 16);
      int quantum = (unsigned(quanta + half * 32 + i % 32) >> shift) & 3;
      set(out, i, Math.fma(scale * (scales & 15), quantum, -(minScale * (scales >> 4))));
    }
  }

  private static void q3k(long block, long out) {
    long quanta = block + 32;
    float scale = Memory.getHalf(block + 108);
    for (int i = 0; i < 256; i++) {
      int half = i / 128;
      int group = i % 128 / 32;
      int low = (unsigned(quanta + half * 32 + i % 32) >> (group * 2)) & 3;
      int high = (unsigned(block + i % 32) >> (half * 4 + group)) & 1;
      float groupScale = scale * (q3kScale(block + 96, i / 16) - 32);
      set(out, i, groupScale * (low - (high == 0 ? 4 : 0)));
    }
  }

  /** Scale j of 16, six bits each: eight bytes of low nibbles, then four of high pairs. */
  static int q3kScale(long scales, int j) {
    int low = (unsigned(scales + j % 8) >> (j / 8 * 4)) & 15;
    int high = (unsigned(scales + 8 + j % 4) >> (j / 4 * 2)) & 3;
    return low | (high << 4);
  }

  private static void q4k(long block, long out) {
    float scale = Memory.getHalf(block);
    float minScale = Memory.getHalf(block + 2);
    for (int group = 0; group < 8; group++) {
      float groupScale = scale * kScale(block + 4, group);
      float minimum = minScale * kMinimum(block + 4, group);
      for (int i = 0; i < 32; i++) {
        int quantum = (unsigned(block + 16 + group / 2 * 32 + i) >> (group % 2 * 4)) & 15;
        set(out, group * 32 + i, Math.fma(groupScale, quantum, -minimum));
      }
    }
  }

  private static void q5k(long block, long out) {
    float scale = Memory.getHalf(block);
    float minScale = Memory.getHalf(block + 2);
    for (int group = 0; group < 8; group++) {
      float groupScale = scale * kScale(block + 4, group);
      float minimum = minScale * kMinimum(block + 4, group);
      for (int i = 0; i < 32; i++) {
        int low = (unsigned(block + 48 + group / 2 * 32 + i) >> (group % 2 * 4)) & 15;
        int high = (unsigned(block + 16 + i) >> group) & 1;
        set(out, group * 32 + i, Math.fma(groupScale, low | (high << 4), -minimum));
      }
    }
  }

  /** Six-bit scale of a group of Q4_K and Q5_K: four whole, four in two parts. */
  static int kScale(long scales, int group) {
    return group < 4
        ? unsigned(scales + group) & 63
        : (unsigned(scales + group + 4) & 15) | ((unsigned(scales + group - 4) >> 6) << 4);
  }

  /** Six-bit minimum of a group of Q4_K and Q5_K. */
  static int kMinimum(long scales, int group) {
    return group < 4
        ? unsigned(scales + group + 4) & 63
        : (unsigned(scales + group + 4) >> 4) | ((unsigned(scales + group) >> 6) << 4);
  }

  private static void q6k(long block, long out) {
    float scale = Memory.getHalf(block + 208);
    for (int i = 0; i < 256; i++) {
      int half = i / 128;
      int group = i % 128 / 32;
      int low = unsigned(block + half * 64 + group % 2 * 32 + i % 32) >> (group / 2 * 4);
      int high = unsigned(block + 128 + half * 32 + i % 32) >> (group * 2);
      int quantum = ((low & 15) | ((high & 3) << 4)) - 32;
      set(out, i, scale * Memory.getByte(block + 192 + i / 16) * quantum);
    }
  }

  private static void iq4nl(long block, long out) {
    float scale = Memory.getHalf(block);
    for (int i = 0; i < 16; i++) {
      int pair = unsigned(block + 2 + i);
      set(out, i, scale * IQ4_VALUES[pair & 15]);
      set(out, i + 16, scale * IQ4_VALUES[pair >> 4]);
    }
  }

  private static void iq4xs(long block, long out) {
    float scale = Memory.getHalf(block);
    for (int group = 0; group < 8; group++) {
      float groupScale = scale * iq4xsScale(block, group);
      for (int i = 0; i < 16; i++) {
        int pair = unsigned(block + 8 + group * 16 + i);
        set(out, group * 32 + i, groupScale * IQ4_VALUES[pair & 15]);
        set(out, group * 32 + i + 16, groupScale * IQ4_VALUES[pair >> 4]);
      }
    }
  }

  /** Six-bit signed scale of a group of IQ4_XS. */
  static int iq4xsScale(long block, int group) {
    int low = (unsigned(block + 4 + group / 2) >> (group % 2 * 4)) & 15;
    int high = (Memory.getShort(block + 2) >> (group * 2)) & 3;
    return (low | (high << 4)) - 32;
  }

  /** Bit {@code index} of {@code bits}, moved to {@code place}. */
  private static int bit(int bits, int index, int place) {
    return ((bits >>> index) & 1) << place;
  }

  private static int unsigned(long address) {
    return Memory.getUnsignedByte(address);
  }

  private static void set(long address, int index, float value) {
    Memory.setFloat(address + (long) index * Float.BYTES, value);
  }
}
