package org.millrace.gpu.emulation;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.gpu.driver.Arguments;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.CudaException;
import org.millrace.gpu.driver.CudaStatus;

/**
 * A device that is emulated. Fresh memory holds no numbers, around each allocation lies a guard
 * that is looked at after every launch, threads run in the order that the test wants, and what was
 * asked for is done as late as possible.
 */
// Every call catches Throwable, because that is what a method handle declares.
@SuppressWarnings("checkstyle:illegalcatch")
public final class EmulatedContext implements CudaContext {
  private final EmulatedLibrary library = EmulatedLibrary.get();
  private final Arena arena = Arena.ofShared();
  private final EmulatedDevice device;
  private final Order order;
  private final EmulatedStream stream;
  private final boolean peers;
  private final Map<Long, Long> owned = new HashMap<>();
  private final Set<Long> pinned = new HashSet<>();
  private @Nullable List<Runnable> capture;

  /** In which order the blocks of a grid, and the threads of a block, get their turn. */
  public enum Order {
    UPWARDS,
    DOWNWARDS,
    SCATTERED
  }

  /** A device of its own that does at once what it is asked for. */
  public EmulatedContext(Order order) {
    this(new EmulatedDevice("alone:" + order), order, EmulatedStream.immediate(), true);
  }

  EmulatedContext(EmulatedDevice device, Order order, EmulatedStream stream, boolean peers) {
    this.device = device;
    this.order = order;
    this.stream = stream;
    this.peers = peers;
  }

  /** A device of its own that does nothing before somebody waits for it. */
  public static EmulatedContext late(Order order) {
    return new EmulatedContext(
        new EmulatedDevice("alone:" + order), order, new EmulatedStream(), true);
  }

  @Override
  public String id() {
    return device.id();
  }

  @Override
  public String name() {
    return "emulated";
  }

  @Override
  public long memoryBytes() {
    return device.memoryBytes();
  }

  @Override
  public long freeBytes() {
    return device.memoryBytes() - device.allocatedBytes();
  }

  /** What it is a view of. */
  public EmulatedDevice device() {
    return device;
  }

  @Override
  public long allocate(long bytes) {
    refuseCapture("an allocation");
    if (bytes > freeBytes()) {
      throw CudaStatus.failure(2, "taking " + bytes + " bytes");
    }
    try (var own = Arena.ofConfined()) {
      MemorySegment address = own.allocate(ValueLayout.JAVA_LONG);
      check((int) library.allocate.invokeExact(bytes, address));
      long allocated = address.get(ValueLayout.JAVA_LONG, 0);
      owned.put(allocated, bytes);
      device.took(bytes);
      return allocated;
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  @Override
  public void free(long address) {
    device.refuseLost("giving memory back");
    stream.run();
    give(address);
  }

  private void give(long address) {
    try {
      CudaStatus.check((int) library.free.invokeExact(address), "giving memory back");
      Long bytes = owned.remove(address);
      if (bytes != null) {
        device.gaveBack(bytes);
      }
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  @Override
  public MemorySegment pinned(long bytes) {
    refuseCapture("pinning");
    device.pinned();
    MemorySegment memory = arena.allocate(bytes, 64);
    pinned.add(memory.address());
    return memory;
  }

  @Override
  public void unpin(MemorySegment memory) {
    synchronize();
    pinned.remove(memory.address());
  }

  @Override
  public void upload(MemorySegment from, long to, long bytes) {
    refuseCapture("an upload");
    // From pinned memory the device copies when it comes to it, from other memory the driver does.
    MemorySegment source =
        pinned.contains(from.address())
            ? from
            : Arena.ofAuto().allocate(bytes, 16).copyFrom(from.asSlice(0, bytes));
    later(() -> {
      try {
        check((int) library.upload.invokeExact(to, source, bytes));
      } catch (Throwable e) {
        throw thrown(e);
      }
    });
  }

  @Override
  public void download(long from, MemorySegment to, long bytes) {
    refuseCapture("a download");
    stream.run();
    try {
      check((int) library.download.invokeExact(from, to, bytes));
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  @Override
  public void copy(long from, long to, long bytes) {
    later(() -> copyNow(from, to, bytes));
  }

  @Override
  public void receive(CudaContext other, long from, long to, long bytes) {
    refuseCapture("a copy from another device");
    var source = (EmulatedContext) other;
    if (!peers) {
      MemorySegment host = Arena.ofAuto().allocate(bytes, 16);
      source.download(from, host, bytes);
      upload(host, to, bytes);
      return;
    }
    long mine = stream.place();
    long sent =
        source.stream.ask(() -> {
          stream.runTo(mine);
          copyNow(from, to, bytes);
        });
    stream.ask(() -> source.stream.runTo(sent));
  }

  private void copyNow(long from, long to, long bytes) {
    try {
      check((int) library.copy.invokeExact(from, to, bytes));
    } catch (Throwable e) {
      throw thrown(e);
    }
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
  public boolean has(String kernel) {
    try (var own = Arena.ofConfined()) {
      return ((MemorySegment) library.kernel.invokeExact(own.allocateFrom(kernel))).address() != 0;
    } catch (Throwable e) {
      throw thrown(e);
    }
  }

  /** So few that kernels for many are used. */
  @Override
  public int processors() {
    return 1;
  }

  @Override
  public void launch(Kernel kernel, Grid grid, Arguments arguments) {
    int bytes = arguments.bytes();
    MemorySegment copy = Arena.ofAuto().allocate(bytes, 16);
    copy.copyFrom(arguments.memory().asSlice(0, bytes));
    later(() -> run((Found) kernel, grid, copy));
  }

  private void run(Found kernel, Grid grid, MemorySegment arguments) {
    device.launched(kernel.name, grid, arguments.toArray(ValueLayout.JAVA_BYTE));
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
    device.refuseLost("running what was started");
    stream.run();
  }

  @Override
  public Event newEvent() {
    return new Mark(stream);
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
    ((Written) graph).steps.forEach(stream::ask);
  }

  @Override
  public void close() {
    stream.clear();
    List.copyOf(owned.keySet()).forEach(this::give);
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  private void later(Runnable step) {
    if (capture != null) {
      capture.add(step);
    } else {
      stream.ask(step);
    }
  }

  private void refuseCapture(String what) {
    if (capture != null) {
      throw CudaStatus.failure(900, what + " while a graph is written down");
    }
  }

  private void check(int status) {
    device.refuseLost("running what was started");
    CudaStatus.check(status, status == 0 ? "" : library.lastMessage());
  }

  private static RuntimeException thrown(Throwable e) {
    return e instanceof CudaException known ? known : new IllegalStateException(e);
  }

  private record Found(String name, MemorySegment handle) implements Kernel {}

  private record Written(List<Runnable> steps) implements Graph {
    private static final long STEP_BYTES = 512;

    @Override
    public long bytes() {
      return STEP_BYTES * steps.size();
    }

    @Override
    public void close() {}
  }

  private static final class Mark implements Event {
    private final EmulatedStream stream;
    private volatile long nanos;
    private long place;

    Mark(EmulatedStream stream) {
      this.stream = stream;
    }

    @Override
    public void record() {
      place = stream.ask(() -> nanos = System.nanoTime());
    }

    @Override
    public void await() {
      stream.runTo(place);
    }

    @Override
    public float millisSince(Event earlier) {
      await();
      return (nanos - ((Mark) earlier).nanos) / 1e6f;
    }

    @Override
    public void close() {}
  }
}
