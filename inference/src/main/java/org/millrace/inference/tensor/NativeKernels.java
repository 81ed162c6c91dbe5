package org.millrace.inference.tensor;

import java.lang.foreign.MemorySegment;
import org.millrace.inference.gguf.GgmlType;

/**
 * The kernels in C: products of quantized weights with activations of eight bits, for the widest
 * instructions that this machine has.
 *
 * <p>A block of 32 activations is rounded to eight bits with a scale of its own (as llama.cpp
 * does), products within a block are exact integers, and blocks are added up in float32 in the
 * order of the columns, by every machine and for every number of tokens alike. Types that are
 * floats are multiplied as float32. What C has no code for is left to the kernels behind.
 */
final class NativeKernels implements Kernels {
  /** Room for the arguments of a call, before the scratch that C works in. */
  private static final int FRAME_BYTES = 256;

  private final long address;
  private final String instructions;
  private final Kernels behind;

  private NativeKernels(long address, Kernels behind) {
    this.address = address;
    this.instructions =
        MemorySegment.ofAddress(NativeCalls.name(address)).reinterpret(64).getString(0);
    this.behind = behind;
  }

  /**
   * The best kernels for this machine. The library must be there.
   *
   * @param modest whether to leave out the newest instructions
   * @param behind what does the rest
   * @throws UnsupportedOperationException when the machine lacks what the least demanding need
   */
  static NativeKernels of(boolean modest, Kernels behind) {
    long address = NativeCalls.kernels(modest);
    if (address == 0) {
      throw new UnsupportedOperationException(
          "native kernels need AVX2 with fused multiply-add, or a 64-bit ARM");
    }
    return new NativeKernels(address, behind);
  }

  /** {@code AVX-512 VNNI}, ... */
  String instructions() {
    return instructions;
  }

  @Override
  public String name() {
    return KernelChoice.NATIVE;
  }

  @Override
  public void decode(GgmlType type, long from, long to, int count) {
    behind.decode(type, from, to, count);
  }

  @Override
  public long preparedBytes(GgmlType type, int columns) {
    return type.blockSize() == 1 ? 0 : NativeCalls.activationBytes(columns);
  }

  @Override
  public void prepare(long in, int columns, int rows, long out) {
    NativeCalls.quantize(address, in, columns, 0, columns, rows, out);
  }

  @Override
  public void preparePart(long in, int columns, int from, int count, int rows, long out) {
    NativeCalls.quantize(address, in, columns, from, count, rows, out);
  }

  @Override
  public void matmul(MatmulPart part, int from, int to, long scratch) {
    Memory.setInt(scratch, part.type.id());
    Memory.setLong(scratch + 8, part.weights);
    Memory.setLong(scratch + 16, part.rowBytes);
    Memory.setInt(scratch + 24, part.weightRows);
    Memory.setInt(scratch + 28, from);
    Memory.setInt(scratch + 32, to);
    Memory.setInt(scratch + 36, part.columns);
    Memory.setLong(scratch + 40, part.in);
    Memory.setLong(scratch + 48, part.prepared);
    Memory.setInt(scratch + 56, part.tokens);
    Memory.setLong(scratch + 64, part.out);
    Memory.setLong(scratch + 72, part.outStride / Float.BYTES);
    Memory.setLong(scratch + 80, part.bias);
    Memory.setInt(scratch + 88, part.accumulate ? 1 : 0);
    Memory.setLong(scratch + 96, scratch + FRAME_BYTES);
    NativeCalls.multiply(address, scratch);
  }

  @Override
  public boolean attend(AttentionTile tile, long scratch) {
    Memory.setLong(scratch, tile.queries);
    Memory.setLong(scratch + 8, tile.out);
    Memory.setInt(scratch + 16, tile.rows);
    Memory.setInt(scratch + 20, tile.shape.group());
    Memory.setLong(scratch + 24, (long) tile.shape.heads() * tile.shape.headDim());
    Memory.setInt(scratch + 32, tile.shape.headDim());
    Memory.setInt(scratch + 36, tile.firstPosition);
    Memory.setInt(scratch + 40, tile.shape.window());
    Memory.setFloat(scratch + 44, tile.shape.scale());
    Memory.setFloat(scratch + 48, tile.shape.softCap());
    Memory.setInt(scratch + 52, tile.elementBytes);
    Memory.setLong(scratch + 56, tile.blocks);
    Memory.setLong(scratch + 64, tile.headBytes);
    Memory.setLong(scratch + 72, scratch + FRAME_BYTES);
    NativeCalls.attend(address, scratch);
    return true;
  }

  @Override
  public void rmsNorm(long x, long weight, float epsilon, int count, long out) {
    NativeCalls.norm(address, x, weight, epsilon, count, out);
  }

  @Override
  public void addScaled(long x, long y, float factor, int count) {
    NativeCalls.addScaled(address, x, y, factor, count);
  }

  @Override
  public void scale(long x, float factor, int count) {
    NativeCalls.scale(address, x, factor, count);
  }

  @Override
  public void activate(Activation activation, long gate, long up, int count) {
    NativeCalls.activate(address, activation == Activation.GELU_TANH ? 1 : 0, gate, up, count);
  }

  @Override
  public void softCap(long x, float cap, int count) {
    NativeCalls.softCap(address, x, cap, count);
  }

  @Override
  public int mostLikely(long x, int count) {
    return NativeCalls.mostLikely(address, x, count);
  }

  @Override
  public void rotate(Rotation.Style style, long x, long cos, long sin, int dimensions) {
    int halves = style == Rotation.Style.HALVES ? 1 : 0;
    NativeCalls.rotate(address, halves, x, cos, sin, dimensions);
  }

  @Override
  public long read(long from, long bytes) {
    return NativeCalls.read(address, from, bytes);
  }

  @Override
  public void scores(long query, long keys, int headDim, float scale, long out) {
    behind.scores(query, keys, headDim, scale, out);
  }

  @Override
  public float largest(long scores) {
    return behind.largest(scores);
  }

  @Override
  public float exponentials(long scores, float largest) {
    return behind.exponentials(scores, largest);
  }

  @Override
  public void weigh(
      long weights, int from, int to, long values, int headDim, float correction, long out) {
    behind.weigh(weights, from, to, values, headDim, correction, out);
  }
}
