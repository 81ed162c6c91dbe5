package org.millrace.inference.synthetic;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import org.millrace.inference.gguf.GgmlType;

/**
 * Random weights in any type: random bytes for the quants, and block scales that make the weights'
 * standard deviation what a trained matrix of that width has, so that activations stay finite
 * through all layers.
 */
final class RandomBlocks {
  private static final int CHUNK_BYTES = 1 << 20;

  /**
   * A float16 in each block: where it lies, and its size in units of the wanted standard deviation.
   */
  private record Scale(int offset, double perDeviation) {}

  private final GgmlType type;
  private final double deviation;
  private final List<Scale> scales;

  /**
   * @param columns the row's length
   */
  RandomBlocks(GgmlType type, long columns) {
    this.type = type;
    this.deviation = 1 / Math.sqrt(columns);
    this.scales = scales(type);
  }

  /**
   * The scales of a block, from the spread of {@code scale * quant - min} over uniformly random
   * quants and sub-scales; the min is chosen to make the mean zero.
   */
  private static List<Scale> scales(GgmlType type) {
    return switch (type) {
      case Q4_0 -> List.of(new Scale(0, 1 / 4.6));
      case Q4_1 -> List.of(new Scale(0, 1 / 4.6), new Scale(2, -7.5 / 4.6));
      case Q5_0 -> List.of(new Scale(0, 1 / 9.2));
      case Q5_1 -> List.of(new Scale(0, 1 / 9.2), new Scale(2, -15.5 / 9.2));
      case Q8_0 -> List.of(new Scale(0, 1 / 73.9));
      case Q2_K -> List.of(new Scale(80, 1 / 13.9), new Scale(82, 1.5 / 13.9));
      case Q3_K -> List.of(new Scale(108, 1 / 43.3));
      case Q4_K -> List.of(new Scale(0, 1 / 258.0), new Scale(2, 7.5 / 258));
      case Q5_K -> List.of(new Scale(0, 1 / 527.0), new Scale(2, 15.5 / 527));
      case Q6_K -> List.of(new Scale(208, 1 / 1365.0));
      case IQ4_NL -> List.of(new Scale(0, 1 / 70.0));
      case IQ4_XS -> List.of(new Scale(0, 1 / 1290.0));
      case F32, F16, BF16 -> List.of();
    };
  }

  /**
   * @param written is told of bytes as they are written
   */
  void write(long elements, SplittableRandom random, OutputStream out, LongConsumer written)
      throws IOException {
    long bytes = type.bytesFor(elements);
    int chunk = CHUNK_BYTES / type.blockBytes() * type.blockBytes();
    byte[] buffer = new byte[(int) Math.min(chunk, bytes)];
    for (long left = bytes; left > 0; left -= buffer.length) {
      int length = (int) Math.min(buffer.length, left);
      fill(buffer, random);
      out.write(buffer, 0, length);
      written.accept(length);
    }
  }

  private void fill(byte[] buffer, SplittableRandom random) {
    switch (type) {
      case F32 -> {
        for (int at = 0; at < buffer.length; at += 4) {
          put(buffer, at, Float.floatToRawIntBits((float) uniform(random)), 4);
        }
      }
      case F16 -> {
        for (int at = 0; at < buffer.length; at += 2) {
          put(buffer, at, Float.floatToFloat16((float) uniform(random)), 2);
        }
      }
      case BF16 -> {
        for (int at = 0; at < buffer.length; at += 2) {
          put(buffer, at, Float.floatToRawIntBits((float) uniform(random)) >> 16, 2);
        }
      }
      default -> fillBlocks(buffer, random);
    }
  }

  private void fillBlocks(byte[] buffer, SplittableRandom random) {
    random.nextBytes(buffer);
    for (Scale scale : scales) {
      short half = Float.floatToFloat16((float) (scale.perDeviation * deviation));
      for (int at = scale.offset; at < buffer.length; at += type.blockBytes()) {
        put(buffer, at, half, 2);
      }
    }
  }

  private double uniform(SplittableRandom random) {
    return (random.nextDouble() * 2 - 1) * deviation * Math.sqrt(3);
  }

  private static void put(byte[] buffer, int at, int value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      buffer[at + i] = (byte) (value >> 8 * i);
    }
  }
}
