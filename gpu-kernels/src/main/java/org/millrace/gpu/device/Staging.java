package org.millrace.gpu.device;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.CudaContext.Event;

/**
 * The way of weights from the mapped file to the device: two pieces of pinned memory, of which one
 * is filled from the file while the device copies the other by itself.
 */
final class Staging implements AutoCloseable {
  private final CudaContext context;
  private final long pieceBytes;
  private final Half[] halves = {new Half(), new Half()};
  private int turn;

  private static final class Half {
    private MemorySegment memory = MemorySegment.NULL;
    private @Nullable Event copied;
  }

  /**
   * @param pieceBytes most that is brought at a time
   */
  Staging(CudaContext context, long pieceBytes) {
    this.context = context;
    this.pieceBytes = pieceBytes;
  }

  /** Asks for a copy of some bytes of the file; they may go as soon as this returns. */
  void bring(MemorySegment from, long to) {
    Half half = halves[turn];
    turn = 1 - turn;
    if (half.copied == null) {
      half.memory = context.pinned(pieceBytes);
      half.copied = context.newEvent();
    } else {
      half.copied.await();
    }
    MemorySegment.copy(from, 0, half.memory, 0, from.byteSize());
    context.upload(half.memory, to, from.byteSize());
    half.copied.record();
  }

  @Override
  public void close() {
    for (Half half : halves) {
      if (half.copied != null) {
        half.copied.close();
        context.unpin(half.memory);
        half.copied = null;
      }
    }
  }
}
