package org.millrace.gpu.driver;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** A device of NVIDIA's, through JCuda and {@code libcuda.so.1}. */
public final class NvidiaContext implements CudaContext {
  private static final int STREAM_NON_BLOCKING = 1;
  // Other threads may go on using the driver while this one writes down.
  private static final int CAPTURE_THREAD_LOCAL = 1;

  private final NvidiaDevice device;
  private final CUcontext context;
  private final CUmodule module = new CUmodule();
  private final CUstream stream = new CUstream();
  private final Map<String, Kernel> kernels = new HashMap<>();
  // What was taken and not given back yet.
  private final Set<Long> allocations = new HashSet<>();
  private final Map<Long, Pointer> pinned = new HashMap<>();
  private final Set<Mark> marks = new HashSet<>();
  private final Set<Written> graphs = new HashSet<>();
  // Those that end here, by where they begin, and those that begin here.
  private final Map<NvidiaContext, PeerRoute> routes = new HashMap<>();
  private final List<PeerRoute> routesAway = new ArrayList<>();
  private boolean loaded;
  private boolean streaming;
  private boolean closed;

  private NvidiaContext(int ordinal) {
    this.device = new NvidiaDevice(ordinal);
    this.context = device.retain();
  }

  /** Opens a device, by the driver's number of it, and loads the kernels. */
  public static NvidiaContext open(int ordinal) {
    var opened = new NvidiaContext(ordinal);
    boolean ready = false;
    try {
      opened.load();
      ready = true;
      return opened;
    } finally {
      if (!ready) {
        opened.close();
      }
    }
  }

  /** Bytes of a device's memory that nobody has taken. */
  public static long freeBytes(int ordinal) {
    var asked = new NvidiaContext(ordinal);
    try {
      return asked.freeBytes();
    } finally {
      asked.device.release();
    }
  }

  private void load() {
    enter();
    loadKernels();
    loaded = true;
    CudaStatus.check(
        JCudaDriver.cuStreamCreate(stream, STREAM_NON_BLOCKING), "creating the stream");
    streaming = true;
  }

  /** Machine code where there is some for this chip and the driver takes it, PTX otherwise. */
  private void loadKernels() {
    Optional<byte[]> code = KernelModule.machineCode(device.computeCapability());
    if (code.isPresent() && JCudaDriver.cuModuleLoadData(module, code.get()) == 0) {
      return;
    }
    CudaStatus.check(
        JCudaDriver.cuModuleLoadData(module, KernelModule.ptx()), "loading the kernels");
  }

  /** The driver keeps a current device for each thread. */
  void enter() {
    if (closed) {
      throw new IllegalStateException("the device is closed");
    }
    CudaStatus.check(JCudaDriver.cuCtxSetCurrent(context), "entering the device");
  }

  CUcontext handle() {
    return context;
  }

  CUdevice device() {
    return device.handle();
  }

  CUstream stream() {
    return stream;
  }

  /** What a device is called. */
  public static String id(int ordinal) {
    return "cuda:" + ordinal;
  }

  @Override
  public String id() {
    return id(device.ordinal());
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public long memoryBytes() {
    return device.memoryBytes();
  }

  @Override
  public long freeBytes() {
    enter();
    long[] free = new long[1];
    CudaStatus.check(JCudaDriver.cuMemGetInfo(free, new long[1]), "asking for free memory");
    return free[0];
  }

  @Override
  public long allocate(long bytes) {
    enter();
    var pointer = new DeviceAddress(0);
    CudaStatus.check(JCudaDriver.cuMemAlloc(pointer, bytes), "taking " + bytes + " bytes");
    allocations.add(pointer.value());
    return pointer.value();
  }

  @Override
  public void free(long address) {
    enter();
    CudaStatus.check(JCudaDriver.cuMemFree(new DeviceAddress(address)), "giving memory back");
    allocations.remove(address);
  }

  @Override
  public MemorySegment pinned(long bytes) {
    enter();
    var pointer = new Pointer();
    CudaStatus.check(JCudaDriver.cuMemHostAlloc(pointer, bytes, 0), "pinning " + bytes + " bytes");
    MemorySegment memory = MemorySegment.ofBuffer(pointer.getByteBuffer(0, bytes));
    pinned.put(memory.address(), pointer);
    return memory;
  }

  @Override
  public void unpin(MemorySegment memory) {
    synchronize();
    Pointer pointer = pinned.remove(memory.address());
    if (pointer != null) {
      CudaStatus.check(JCudaDriver.cuMemFreeHost(pointer), "giving pinned memory back");
    }
  }

  @Override
  public void upload(MemorySegment from, long to, long bytes) {
    enter();
    CudaStatus.check(
        JCudaDriver.cuMemcpyHtoDAsync(new DeviceAddress(to), new HostAddress(from), bytes, stream),
        "copying to the device");
  }

  @Override
  public void download(long from, MemorySegment to, long bytes) {
    enter();
    CudaStatus.check(
        JCudaDriver.cuMemcpyDtoHAsync(new HostAddress(to), new DeviceAddress(from), bytes, stream),
        "copying from the device");
    synchronize();
  }

  @Override
  public void copy(long from, long to, long bytes) {
    enter();
    CudaStatus.check(
        JCudaDriver.cuMemcpyDtoDAsync(
            new DeviceAddress(to), new DeviceAddress(from), bytes, stream),
        "copying within the device");
  }

  @Override
  public void receive(CudaContext other, long from, long to, long bytes) {
    routes.computeIfAbsent((NvidiaContext) other, this::routeFrom).carry(from, to, bytes);
  }

  private PeerRoute routeFrom(NvidiaContext source) {
    PeerRoute route = PeerRoute.between(source, this);
    source.routesAway.add(route);
    return route;
  }

  @Override
  public void fill(long to, int value, long bytes) {
    enter();
    CudaStatus.check(
        JCudaDriver.cuMemsetD8Async(new DeviceAddress(to), (byte) value, bytes, stream),
        "filling memory");
  }

  @Override
  public Kernel kernel(String wanted) {
    return kernels.computeIfAbsent(
        wanted,
        key -> {
          enter();
          var function = new CUfunction();
          CudaStatus.check(
              JCudaDriver.cuModuleGetFunction(function, module, key), "looking for kernel " + key);
          return new Function(key, "starting " + key, function);
        });
  }

  @Override
  public boolean has(String kernel) {
    enter();
    int status = JCudaDriver.cuModuleGetFunction(new CUfunction(), module, kernel);
    if (status == CUresult.CUDA_ERROR_NOT_FOUND) {
      return false;
    }
    CudaStatus.check(status, "looking for kernel " + kernel);
    return true;
  }

  @Override
  public int processors() {
    return device.processors();
  }

  @Override
  public void launch(Kernel kernel, Grid grid, Arguments arguments) {
    enter();
    ByteBuffer struct = arguments.memory().asByteBuffer();
    Pointer parameters = Pointer.to(Pointer.to(struct));
    CudaStatus.check(
        JCudaDriver.cuLaunchKernel(
            ((Function) kernel).handle(),
            grid.x(),
            grid.y(),
            grid.z(),
            grid.threads(),
            1,
            1,
            0,
            stream,
            parameters,
            null),
        ((Function) kernel).starting());
  }

  @Override
  public void synchronize() {
    enter();
    CudaStatus.check(JCudaDriver.cuStreamSynchronize(stream), "running what was started");
  }

  @Override
  public Event newEvent() {
    enter();
    return new Mark();
  }

  @Override
  public void beginCapture() {
    enter();
    CudaStatus.check(
        JCudaDriver.cuStreamBeginCapture(stream, CAPTURE_THREAD_LOCAL), "writing a graph down");
  }

  @Override
  public Graph endCapture() {
    enter();
    var graph = new CUgraph();
    CudaStatus.check(JCudaDriver.cuStreamEndCapture(stream, graph), "writing a graph down");
    var executable = new CUgraphExec();
    long free = freeBytes();
    int status = JCudaDriver.cuGraphInstantiate(executable, graph, 0);
    JCudaDriver.cuGraphDestroy(graph);
    CudaStatus.check(status, "making a graph ready");
    // Others may take or give back meanwhile: as good as the driver lets it be known.
    return new Written(executable, Math.max(0, free - freeBytes()));
  }

  @Override
  public void launch(Graph graph) {
    enter();
    CudaStatus.check(
        JCudaDriver.cuGraphLaunch(((Written) graph).executable, stream), "starting a graph");
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    // Of a device that is lost each of these fails, and there is nothing more to do about it.
    JCudaDriver.cuCtxSetCurrent(context);
    if (streaming) {
      JCudaDriver.cuStreamSynchronize(stream);
    }
    List.copyOf(graphs).forEach(Written::close);
    List.copyOf(marks).forEach(Mark::close);
    allocations.forEach(address -> JCudaDriver.cuMemFree(new DeviceAddress(address)));
    pinned.values().forEach(JCudaDriver::cuMemFreeHost);
    // A route has a mark on each of its ends: it is no more when the first of them goes.
    routes.values().forEach(PeerRoute::close);
    routesAway.forEach(PeerRoute::close);
    if (streaming) {
      JCudaDriver.cuStreamDestroy(stream);
    }
    if (loaded) {
      JCudaDriver.cuModuleUnload(module);
    }
    device.release();
    closed = true;
  }

  private record Function(String name, String starting, CUfunction handle) implements Kernel {}

  private final class Written implements Graph {
    private final CUgraphExec executable;
    private final long bytes;

    Written(CUgraphExec executable, long bytes) {
      this.executable = executable;
      this.bytes = bytes;
      graphs.add(this);
    }

    @Override
    public long bytes() {
      return bytes;
    }

    @Override
    public void close() {
      if (graphs.remove(this)) {
        JCudaDriver.cuGraphExecDestroy(executable);
      }
    }
  }

  private final class Mark implements Event {
    private final CUevent event = new CUevent();

    Mark() {
      CudaStatus.check(JCudaDriver.cuEventCreate(event, 0), "creating an event");
      marks.add(this);
    }

    @Override
    public void record() {
      enter();
      CudaStatus.check(JCudaDriver.cuEventRecord(event, stream), "recording an event");
    }

    @Override
    public void await() {
      enter();
      CudaStatus.check(JCudaDriver.cuEventSynchronize(event), "waiting for an event");
    }

    @Override
    public float millisSince(Event earlier) {
      await();
      float[] millis = new float[1];
      CudaStatus.check(
          JCudaDriver.cuEventElapsedTime(millis, ((Mark) earlier).event, event),
          "taking the time between events");
      return millis[0];
    }

    @Override
    public void close() {
      if (marks.remove(this)) {
        JCudaDriver.cuEventDestroy(event);
      }
    }
  }
}
