package org.millrace.gpu.emulation;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.gpu.driver.Arguments;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.CudaException;
import org.millrace.gpu.driver.CudaStatus;

/**
 * A device that is emulated. Fresh memory holds no numbers, around each allocation lies a guard
 * that is looked at after every launch, and threads run in the order that the test wants.
 */
// Every call catches Throwable, because that is what a method handle declares.
@SuppressWarnings("checkstyle:illegalcatch")
public final class EmulatedContext implements CudaContext {
  private final EmulatedLibrary library = EmulatedLibrary.get();
  private final Arena arena = Arena.ofShared();
  private final Order order;
  private final List<Long> owned = new ArrayList<>();
  private @Nullable List<Runnable> capture;
  private boolean lost;

  /** In which order the blocks of a grid, and the threads of a block, get their turn. */
  public enum Order {
    UPWARDS,
    DOWNWARDS,
    SCATTERED
  }

  /** A device of its own; its memory is given back when it is closed. */
  public EmulatedContext(Order order) {
    this.order = order;
  }

  @Override
  public String name() {
    return "emulated";
  }

  @Override
  public long memoryBytes() {
    return 1L << 40;
  }

  @Override
  public long freeBytes() {
    return memoryBytes() - allocatedBytes();
  }

  /** Bytes that are allocated on all emulated devices. */
  public long allocatedBytes() {
    try {
      return (long) library.allocatedBytes.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Lets the device have so much memory and no more. */
  public void limit(long bytes) {
    try {
      library.limit.invokeExact(bytes);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** From here on every call fails, as after a fault of a real device. */
  public void lose() {
    lost = true;
  }

  @Override
  public long allocate(long bytes) {
    try (var own = Arena.ofConfined()) {
      MemorySegment address = own.allocate(ValueLayout.JAVA_LONG);
      check((int) library.allocate.invokeExact(bytes, address));
      long allocated = address.get(ValueLayout.JAVA_LONG, 0);
      owned.add(allocated);
      return allocated;
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  @Override
  public void free(long address) {
    try {
      if (lost) {
        throw CudaStatus.failure(719, "giving memory back");
      }
      check((int) library.free.invokeExact(address));
      owned.remove(address);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  @Override
  public MemorySegment pinned(long bytes) {
    return arena.allocate(bytes, 64);
  }

  @Override
  public void upload(MemorySegment from, long to, long bytes) {
    refuseCapture("an upload");
    try {
      check((int) library.upload.invokeExact(to, from, bytes));
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  @Override
  public void download(long from, MemorySegment to, long bytes) {
    refuseCapture("a download");
    try {
      check((int) library.download.invokeExact(from, to, bytes));
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  @Override
  public void copy(long from, long to, long bytes) {
    later(() -> {
      try {
        check((int) library.copy.invokeExact(from, to, bytes));
      } catch (Throwable e) {
        throw thrown(e);
      }
    });
  }

  @Override
  public void fill(long to, int value, long bytes) {
    later(() -> {
      try {
        check((int) library.fill.invokeExact(to, value, bytes));
      } catch (Throwable e) {
        throw thrown(e);
      }
    });
  }

  @Override
  public Kernel kernel(String name) {
    try (var own = Arena.ofConfined()) {
      var found = (MemorySegment) library.kernel.invokeExact(own.allocateFrom(name));
      if (found.address() == 0) {
        throw CudaStatus.failure(500, "looking for kernel " + name);
      }
      return new Found(name, found);
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  @Override
  public void launch(Kernel kernel, Grid grid, Arguments arguments) {
    int bytes = arguments.bytes();
    MemorySegment copy = Arena.ofAuto().allocate(bytes, 16);
    copy.copyFrom(arguments.memory().asSlice(0, bytes));
    later(() -> run((Found) kernel, grid, copy));
  }

  private void run(Found kernel, Grid grid, MemorySegment arguments) {
    try {
      check(
          (int)
              library.launch.invokeExact(
                  kernel.handle,
                  grid.x(),
                  grid.y(),
                  grid.z(),
                  grid.threads(),
                  order.ordinal(),
                  arguments,
                  arguments.byteSize()));
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  @Override
  public void synchronize() {
    refuseCapture("waiting");
  }

  @Override
  public Event newEvent() {
    return new Mark();
  }

  @Override
  public void beginCapture() {
    refuseCapture("a second graph");
    capture = new ArrayList<>();
  }

  @Override
  public Graph endCapture() {
    if (capture == null) {
      throw CudaStatus.failure(901, "ending a graph that nobody began");
    }
    var graph = new Written(List.copyOf(capture));
    capture = null;
    return graph;
  }

  @Override
  public void launch(Graph graph) {
    refuseCapture("a graph within a graph");
    ((Written) graph).steps.forEach(Runnable::run);
  }

  @Override
  public void close() {
    lost = false;
    List.copyOf(owned).forEach(this::free);
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  private void later(Runnable step) {
    if (capture != null) {
      capture.add(step);
    } else {
      step.run();
    }
  }

  private void refuseCapture(String what) {
    if (capture != null) {
      throw CudaStatus.failure(900, what + " while a graph is written down");
    }
  }

  private void check(int status) {
    if (lost) {
      throw CudaStatus.failure(719, "running what was started");
    }
    CudaStatus.check(status, status == 0 ? "" : library.lastMessage());
  }

  private static RuntimeException thrown(Throwable e) {
    return e instanceof CudaException known ? known : new IllegalStateException(e);
  }

  private record Found(String name, MemorySegment handle) implements Kernel {}

  private record Written(List<Runnable> steps) implements Graph {
    @Override
    public void close() {}
  }

  private static final class Mark implements Event {
    private long nanos;

    @Override
    public void record() {
      nanos = System.nanoTime();
    }

    @Override
    public float millisSince(Event earlier) {
      return (nanos - ((Mark) earlier).nanos) / 1e6f;
    }

    @Override
    public void close() {}
  }
}
