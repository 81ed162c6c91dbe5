package org.millrace.inference.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.millrace.inference.gguf.GgmlType;

/** Seeded weights and activations off the heap, filled fast enough for hundreds of megabytes. */
final class BenchMemory implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final SplittableRandom random = new SplittableRandom(20_261_121);

  long floats(long count) {
    long address = empty(count * Float.BYTES);
    for (long i = 0; i < count; i++) {
      Memory.setFloat(address + 4 * i, random.nextFloat() - 0.5f);
    }
    return address;
  }

  long empty(long bytes) {
    return arena.allocate(bytes, 64).address();
  }

  /** Random weights: one row is made with all care, then copied. */
  long weights(GgmlType type, int rows, int columns) {
    long rowBytes = type.bytesFor(columns);
    long address = empty(rows * rowBytes);
    fillRow(type, address, rowBytes);
    for (int row = 1; row < rows; row++) {
      Memory.copyFloats(address, address + row * rowBytes, rowBytes / Float.BYTES);
    }
    return address;
  }

  private void fillRow(GgmlType type, long address, long rowBytes) {
    for (long at = 0; at < rowBytes; at += type.blockBytes()) {
      for (long i = 0; i < type.blockBytes(); i++) {
        Memory.ALL.set(ValueLayout.JAVA_BYTE, address + at + i, (byte) random.nextInt());
      }
      fixScales(type, address + at);
    }
  }

  /** Scales that are numbers of a usual size. */
  private void fixScales(GgmlType type, long block) {
    switch (type) {
      case F32 -> Memory.setFloat(block, random.nextFloat() - 0.5f);
      case BF16 ->
          Memory.setShort(
              block, (short) (Float.floatToRawIntBits(random.nextFloat() - 0.5f) >> 16));
      case Q2_K -> halves(block + 80, 2);
      case Q3_K -> halves(block + 108, 1);
      case Q6_K -> halves(block + 208, 1);
      case Q4_1, Q5_1, Q4_K, Q5_K -> halves(block, 2);
      case F16, Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> halves(block, 1);
    }
  }

  private void halves(long address, int count) {
    for (int i = 0; i < count; i++) {
      Memory.setShort(address + 2L * i, Float.floatToFloat16(random.nextFloat() - 0.5f));
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
