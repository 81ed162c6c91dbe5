package org.millrace.gpu.device;

import java.util.HashMap;
import java.util.Map;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.inference.tensor.Buffer;

/**
 * The quantized twins of activations: what products with quantized weights read. A buffer gets one
 * when it is first multiplied; from then on whoever writes it writes the twin too, in the same
 * kernel, where it can.
 */
final class Twins {
  static final int SCALE_BYTES = 8;

  private final DeviceMemory memory;
  private final Launcher launcher;
  private final Map<Long, Twin> twins = new HashMap<>();

  /** Signed bytes, and for each 32 of them a scale and a sum. */
  static final class Twin {
    final long quanta;
    final long scales;
    private long currentBlocks;

    private Twin(long quanta, long scales) {
      this.quanta = quanta;
      this.scales = scales;
    }
  }

  Twins(DeviceMemory memory, Launcher launcher) {
    this.memory = memory;
    this.launcher = launcher;
  }

  /** The twin of a buffer's first elements, made now unless whoever wrote them has made it. */
  Twin of(Buffer buffer, long count) {
    Twin twin = twins.get(buffer.address());
    if (twin == null) {
      long blocks = Math.ceilDiv(buffer.floats(), Storage.BLOCK);
      twin =
          new Twin(
              memory.take(blocks * Storage.BLOCK, "activations"),
              memory.take(blocks * SCALE_BYTES, "activations"));
      twins.put(buffer.address(), twin);
    }
    long blocks = count / Storage.BLOCK;
    if (twin.currentBlocks < blocks) {
      launcher.arguments().put(buffer.address()).put(twin.quanta).put(twin.scales).put(blocks);
      launcher.run("quantize_rows", Grid.over(blocks * 32, 256));
      twin.currentBlocks = blocks;
    }
    return twin;
  }

  /**
   * Tells that a buffer's first elements are written anew. Where they have a twin and come in whole
   * blocks, the writer is given its addresses and fills it; two zeros otherwise.
   */
  long[] written(Buffer buffer, long count, int columns) {
    Twin twin = twins.get(buffer.address());
    if (twin == null) {
      return new long[2];
    }
    if (columns % Storage.BLOCK != 0) {
      twin.currentBlocks = 0;
      return new long[2];
    }
    twin.currentBlocks = count / Storage.BLOCK;
    return new long[] {twin.quanta, twin.scales};
  }

  /** Tells that a buffer was written by somebody who makes no twins. */
  void stale(Buffer buffer) {
    Twin twin = twins.get(buffer.address());
    if (twin != null) {
      twin.currentBlocks = 0;
    }
  }

  /** From here on every twin is made anew: what is written down now must not lean on before. */
  void forget() {
    twins.values().forEach(twin -> twin.currentBlocks = 0);
  }
}
