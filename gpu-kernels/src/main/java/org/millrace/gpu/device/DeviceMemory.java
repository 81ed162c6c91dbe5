package org.millrace.gpu.device;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.DeviceLostException;
import org.millrace.gpu.driver.DeviceMemoryException;
import org.millrace.gpu.placement.DeviceBudget;
import org.millrace.inference.api.DeviceUse;
import org.millrace.inference.api.ModelLoadException;

/**
 * What one model takes of a device's memory, counted to the byte against what all models may take,
 * and given back together.
 */
final class DeviceMemory implements AutoCloseable {
  private final CudaContext context;
  private final DeviceBudget budget;
  private final long limit;
  private final Map<Long, Piece> taken = new LinkedHashMap<>();
  private final Map<Kind, Long> bytes = new EnumMap<>(Kind.class);

  /** What memory is for. */
  enum Kind {
    WEIGHTS,
    CACHE,
    SCRATCH,
    GRAPHS
  }

  private record Piece(Kind kind, long bytes) {}

  /**
   * @param percent most of the device's memory that all models together may take
   */
  DeviceMemory(CudaContext context, int percent) {
    this.context = context;
    this.budget = DeviceBudget.of(context.id());
    this.limit = DeviceBudget.limit(context.memoryBytes(), percent);
  }

  /** As {@link #take(long, Kind, String)}, for what steps work with. */
  long take(long wanted, String what) {
    return take(wanted, Kind.SCRATCH, what);
  }

  /**
   * Takes memory of unknown content; of nothing the smallest piece, so that every address is good.
   *
   * @throws ModelLoadException when the device has not that much, or models may not have it
   */
  synchronized long take(long wanted, Kind kind, String what) {
    long needed = Math.max(1, wanted);
    if (!budget.take(needed, limit)) {
      throw refusal(needed, what, "models may take no more of it");
    }
    try {
      long address = context.allocate(needed);
      taken.put(address, new Piece(kind, needed));
      bytes.merge(kind, needed, Long::sum);
      return address;
    } catch (DeviceMemoryException full) {
      budget.giveBack(needed);
      throw refusal(needed, what, "others have the rest of it: " + full.getMessage());
    }
  }

  private ModelLoadException refusal(long wanted, String what, String why) {
    return new ModelLoadException(
        "%s (%s) has %d MiB, of which models may take %d MiB, have taken %d MiB and %d MiB are free; %s needs %s beside the %s this model has taken, and %s"
            .formatted(
                context.id(),
                context.name(),
                context.memoryBytes() >> 20,
                limit >> 20,
                budget.taken() >> 20,
                context.freeBytes() >> 20,
                what,
                mebibytes(wanted),
                mebibytes(bytes()),
                why));
  }

  private static String mebibytes(long bytes) {
    return Math.ceilDiv(bytes, 1L << 20) + " MiB";
  }

  /** Takes memory and sets it to zero. */
  long takeZeroed(long wanted, String what) {
    long address = take(wanted, what);
    context.fill(address, 0, Math.max(1, wanted));
    return address;
  }

  /** Gives a piece back before the others. */
  synchronized void give(long address) {
    Piece piece = taken.remove(address);
    if (piece != null) {
      context.free(address);
      count(piece.kind(), -piece.bytes());
    }
  }

  /** Counts what the driver took, or gave back, for steps that were written down. */
  synchronized void countGraph(long taken) {
    // Not refused: it is taken already.
    count(Kind.GRAPHS, taken);
  }

  private void count(Kind kind, long difference) {
    budget.giveBack(-difference);
    bytes.merge(kind, difference, Long::sum);
  }

  /** Bytes taken so far. */
  synchronized long bytes() {
    return bytes.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Bytes taken so far, by what they are for. */
  synchronized DeviceUse use() {
    return new DeviceUse(
        context.id(),
        bytes.getOrDefault(Kind.WEIGHTS, 0L),
        bytes.getOrDefault(Kind.CACHE, 0L),
        bytes.getOrDefault(Kind.SCRATCH, 0L),
        bytes.getOrDefault(Kind.GRAPHS, 0L),
        limit);
  }

  @Override
  public synchronized void close() {
    try {
      taken.keySet().forEach(context::free);
    } catch (DeviceLostException lost) {
      // Its memory is gone with it.
      System.getLogger(DeviceMemory.class.getName())
          .log(System.Logger.Level.WARNING, "{0} keeps its memory: {1}", context.id(), lost);
    }
    taken.clear();
    budget.giveBack(bytes());
    bytes.clear();
  }
}
