package org.millrace.gpu.device;

import java.util.List;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.tensor.AttentionShape;
import org.millrace.inference.tensor.Buffer;

/**
 * Attention over the device's cache. Where a step has too few queries to fill a device, each part
 * of a long sequence gets a warp of its own and the parts are joined afterwards; the bits are the
 * same either way.
 */
final class AttentionRunner {
  private static final List<Integer> HEAD_DIMS = List.of(16, 32, 64, 80, 96, 128, 256);
  private static final int QUERIES = 16;

  /** Warps that keep a large device busy. */
  private static final int BUSY_WARPS = 2048;

  private static final long PARTS_FLOATS_MAX = 48L << 20;

  private final Launcher launcher;
  private final KvLayout layout;
  private final long cache;
  private final long parts;
  private final long partsFloats;

  /**
   * @param cache where the cache's blocks are
   * @param partsFloatsWanted what all parts of the largest step would take; less is taken of much
   */
  AttentionRunner(
      Launcher launcher, DeviceMemory memory, KvLayout layout, long cache, long partsFloatsWanted) {
    if (!HEAD_DIMS.contains(layout.headDim())) {
      throw new ModelLoadException(
          "heads of %d elements are not supported on a GPU; those of %s are"
              .formatted(layout.headDim(), HEAD_DIMS));
    }
    this.launcher = launcher;
    this.layout = layout;
    this.cache = cache;
    this.partsFloats = Math.min(partsFloatsWanted, PARTS_FLOATS_MAX);
    this.parts = memory.take(4 * partsFloats, "attention");
  }

  /** Bytes that are taken for the parts of sequences, of those wanted. */
  static long partsBytes(long partsFloatsWanted) {
    return 4 * Math.min(partsFloatsWanted, PARTS_FLOATS_MAX);
  }

  void attend(Buffer q, int rows, int layer, AttentionShape shape, StepTables tables, Buffer out) {
    int headGroups = Math.ceilDiv(shape.group(), QUERIES);
    int warps = tables.tiles() * headGroups;
    long needed = (long) tables.parts() * rows * shape.heads() * (shape.headDim() + 2L);
    boolean apart =
        tables.parts() > 1 && warps * shape.kvHeads() < BUSY_WARPS && needed <= partsFloats;
    tables
        .put(launcher.arguments())
        .put(cache)
        .put(layout.blockBytes())
        .put(layout.offset(layer, 0))
        .put(layout.headBytes())
        .put(q.address())
        .put(out.address())
        .put(tables.tileTable())
        .put(apart ? parts : 0L)
        .put(tables.tiles())
        .put(rows)
        .put(shape.heads())
        .put(shape.kvHeads())
        .put(shape.window())
        .put(shape.scale())
        .put(shape.softCap());
    int together = layout.headDim() > 128 ? 2 : 4;
    launcher.run(
        "attend_" + kind() + "_" + layout.headDim(),
        new Grid(
            Math.ceilDiv(warps, together),
            shape.kvHeads(),
            apart ? tables.parts() : 1,
            together * 32));
    if (apart) {
      join(rows, shape, tables, out);
    }
  }

  /** Of the cache's elements, as kernels have it in their names. */
  private String kind() {
    return switch (layout.elementBytes()) {
      case 4 -> "f32";
      case 2 -> "f16";
      default -> "q8";
    };
  }

  private void join(int rows, AttentionShape shape, StepTables tables, Buffer out) {
    launcher
        .arguments()
        .put(tables.positions())
        .put(parts)
        .put(out.address())
        .put(rows)
        .put(shape.heads())
        .put(shape.headDim())
        .put(shape.window());
    launcher.run("join_parts", Grid.over((long) rows * shape.heads() * 32, 128));
  }
}
