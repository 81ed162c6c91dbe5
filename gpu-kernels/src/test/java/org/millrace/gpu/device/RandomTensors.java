package org.millrace.gpu.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufTensor;

/** Tensors as a file could hold them: every bit pattern of the quanta, scales that are numbers. */
final class RandomTensors {
  private final SplittableRandom random;
  private final Arena arena;

  RandomTensors(long seed, Arena arena) {
    this.random = new SplittableRandom(seed);
    this.arena = arena;
  }

  float value() {
    return (float) random.nextGaussian();
  }

  GgufTensor tensor(GgmlType type, long columns, long rows) {
    long bytes = type.bytesFor(columns * rows);
    MemorySegment data = arena.allocate(bytes, 64);
    for (long i = 0; i < bytes; i++) {
      data.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    for (long block = 0; block < bytes; block += type.blockBytes()) {
      fixScales(type, data.asSlice(block, type.blockBytes()));
    }
    return new GgufTensor("random." + type, type, List.of(columns, rows), data);
  }

  private void fixScales(GgmlType type, MemorySegment block) {
    switch (type) {
      case F32 -> block.set(ValueLayout.JAVA_FLOAT, 0, value());
      case BF16 ->
          block.set(ValueLayout.JAVA_SHORT, 0, (short) (Float.floatToIntBits(value()) >> 16));
      case F16, Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> half(block, 0);
      case Q4_1, Q5_1, Q4_K, Q5_K -> {
        half(block, 0);
        half(block, 2);
      }
      case Q2_K -> {
        half(block, 80);
        half(block, 82);
      }
      case Q3_K -> half(block, 108);
      case Q6_K -> half(block, 208);
    }
  }

  private void half(MemorySegment block, long at) {
    block.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value() / 8));
  }

  /** Rows as a float32 tensor, for {@code TensorDevice.load}. */
  GgufTensor floats(float[] values) {
    MemorySegment data = arena.allocate(4L * values.length, 64);
    MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, 0, values.length);
    return new GgufTensor("floats", GgmlType.F32, List.of((long) values.length), data);
  }

  float[] values(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = value();
    }
    return values;
  }

  /**
   * Whole numbers of which each 32 have one of 127: quantized to eight bits they stay what they
   * are, so products can be compared exactly.
   */
  float[] wholeNumbers(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i % 32 == 7 ? 127 : random.nextInt(-127, 128);
    }
    return values;
  }
}
