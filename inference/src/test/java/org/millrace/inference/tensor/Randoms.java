package org.millrace.inference.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.millrace.inference.gguf.GgmlType;

/** The one generator that drives every kernel test: seeded weights and activations off the heap. */
final class Randoms {
  private final SplittableRandom random;
  private final Arena arena;

  Randoms(long seed, Arena arena) {
    this.random = new SplittableRandom(seed);
    this.arena = arena;
  }

  int between(int least, int most) {
    return random.nextInt(least, most + 1);
  }

  float value() {
    return (float) random.nextGaussian();
  }

  long floats(long count) {
    return floats(count, 1);
  }

  long floats(long count, float scale) {
    long address = empty(count);
    for (long i = 0; i < count; i++) {
      Memory.setFloat(address + 4 * i, scale * value());
    }
    return address;
  }

  long empty(long count) {
    return arena.allocate(Math.max(1, count) * Float.BYTES, 64).address();
  }

  long copy(long address, long count) {
    long copy = empty(count);
    Memory.copyFloats(address, copy, count);
    return copy;
  }

  /** Random blocks of a type: every bit pattern of the quanta, scales that a file could have. */
  long blocks(GgmlType type, long count) {
    MemorySegment bytes = arena.allocate(type.bytesFor(count) + 64, 64);
    for (long i = 0; i < bytes.byteSize(); i++) {
      bytes.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    long address = bytes.address();
    for (long i = 0; i < count; i += type.blockSize()) {
      fixScales(type, address + type.bytesFor(i));
    }
    return address;
  }

  private void fixScales(GgmlType type, long block) {
    switch (type) {
      case F32 -> Memory.setFloat(block, value());
      case F16 -> half(block);
      case BF16 -> Memory.setShort(block, (short) (Float.floatToIntBits(value()) >> 16));
      case Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> half(block);
      case Q4_1, Q5_1, Q4_K, Q5_K -> {
        half(block);
        half(block + 2);
      }
      case Q2_K -> {
        half(block + 80);
        half(block + 82);
      }
      case Q3_K -> half(block + 108);
      case Q6_K -> half(block + 208);
    }
  }

  private void half(long address) {
    Memory.setShort(address, Float.floatToFloat16(value() / 8));
  }
}
