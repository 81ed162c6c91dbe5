package org.millrace.gpu.driver;

import java.lang.foreign.MemorySegment;
import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;

/** The way of data from one of NVIDIA's devices to another: direct, or through the host. */
abstract class PeerRoute implements AutoCloseable {
  final NvidiaContext source;
  final NvidiaContext target;

  private PeerRoute(NvidiaContext source, NvidiaContext target) {
    this.source = source;
    this.target = target;
  }

  /** Asks the driver whether the devices can reach each other, and opens the way if so. */
  static PeerRoute between(NvidiaContext source, NvidiaContext target) {
    int[] can = new int[1];
    CudaStatus.check(
        JCudaDriver.cuDeviceCanAccessPeer(can, source.device(), target.device()),
        "asking for a way from device to device");
    if (can[0] == 0) {
      return new ThroughHost(source, target);
    }
    source.enter();
    int status = JCudaDriver.cuCtxEnablePeerAccess(target.handle(), 0);
    if (status != CudaError.PEER_ACCESS_ALREADY_ENABLED.code()) {
      CudaStatus.check(status, "opening the way from device to device");
    }
    return new Direct(source, target);
  }

  /** As {@link CudaContext#receive}. */
  abstract void carry(long from, long to, long bytes);

  /** May come from either end, and again from the other. */
  @Override
  public abstract void close();

  /** On the source's stream, between two marks: what both did before, and what follows. */
  private static final class Direct extends PeerRoute {
    private static final int WITHOUT_TIMES = 2;

    private final CUevent ready = new CUevent();
    private final CUevent sent = new CUevent();
    private boolean closed;

    Direct(NvidiaContext source, NvidiaContext target) {
      super(source, target);
      source.enter();
      CudaStatus.check(JCudaDriver.cuEventCreate(sent, WITHOUT_TIMES), "creating an event");
      target.enter();
      CudaStatus.check(JCudaDriver.cuEventCreate(ready, WITHOUT_TIMES), "creating an event");
    }

    @Override
    void carry(long from, long to, long bytes) {
      target.enter();
      CudaStatus.check(JCudaDriver.cuEventRecord(ready, target.stream()), "recording an event");
      source.enter();
      CudaStatus.check(
          JCudaDriver.cuStreamWaitEvent(source.stream(), ready, 0), "waiting for a device");
      CudaStatus.check(
          JCudaDriver.cuMemcpyPeerAsync(
              new DeviceAddress(to),
              target.handle(),
              new DeviceAddress(from),
              source.handle(),
              bytes,
              source.stream()),
          "copying from device to device");
      CudaStatus.check(JCudaDriver.cuEventRecord(sent, source.stream()), "recording an event");
      target.enter();
      CudaStatus.check(
          JCudaDriver.cuStreamWaitEvent(target.stream(), sent, 0), "waiting for a device");
    }

    @Override
    public void close() {
      if (!closed) {
        JCudaDriver.cuEventDestroy(ready);
        JCudaDriver.cuEventDestroy(sent);
        closed = true;
      }
    }
  }

  private static final class ThroughHost extends PeerRoute {
    private MemorySegment staging = MemorySegment.NULL;

    ThroughHost(NvidiaContext source, NvidiaContext target) {
      super(source, target);
    }

    @Override
    void carry(long from, long to, long bytes) {
      if (staging.byteSize() < bytes) {
        if (staging.byteSize() > 0) {
          target.unpin(staging);
        }
        staging = target.pinned(bytes);
      }
      source.download(from, staging, bytes);
      target.upload(staging, to, bytes);
      // The staging memory is written again by the next.
      target.synchronize();
    }

    /** The staging memory goes with the target. */
    @Override
    public void close() {}
  }
}
