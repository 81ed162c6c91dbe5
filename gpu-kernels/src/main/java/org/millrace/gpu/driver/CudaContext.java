package org.millrace.gpu.driver;

import java.lang.foreign.MemorySegment;

/**
 * One device: its memory, its kernels, and one stream on which everything runs in the order it was
 * asked for. Addresses are the device's own.
 *
 * <p>Any thread may call, one at a time. What a call started may fail later: each failure is a
 * {@link CudaException}, and of one that left the device unusable a {@link DeviceLostException}.
 */
public interface CudaContext extends AutoCloseable {
  /** Which device it is, e.g. {@code cuda:0}; the same for all who use that device. */
  String id();

  /** The device's name. */
  String name();

  /** Bytes of memory in all. */
  long memoryBytes();

  /** Bytes of memory that nobody has taken. */
  long freeBytes();

  /**
   * Takes memory, 256-byte aligned, of unknown content.
   *
   * @throws DeviceMemoryException when there is none left
   */
  long allocate(long bytes);

  /** Gives memory back. */
  void free(long address);

  /**
   * Host memory that the device copies from and to by itself; it lives as long as this does, or
   * until {@link #unpin}.
   */
  MemorySegment pinned(long bytes);

  /** Gives {@link #pinned} memory back, once everything that was asked for is done. */
  void unpin(MemorySegment pinned);

  /**
   * Copies from the host. From {@link #pinned} memory it returns before it is done: the memory must
   * stay as it is until the stream has come past.
   */
  void upload(MemorySegment from, long to, long bytes);

  /** Copies to the host and waits for it. */
  void download(long from, MemorySegment to, long bytes);

  /** Copies within the device. */
  void copy(long from, long to, long bytes);

  /**
   * Copies from another device of the same kind: after everything that was asked of that one and of
   * this one so far, and before what is asked of either from here on. Goes from device to device
   * where they can reach each other, through the host where not.
   */
  void receive(CudaContext other, long from, long to, long bytes);

  /** Sets every byte. */
  void fill(long to, int value, long bytes);

  /**
   * A kernel by its name.
   *
   * @throws CudaException when there is none
   */
  Kernel kernel(String name);

  /** Whether there is a kernel of this name: some are for newer chips only. */
  boolean has(String kernel);

  /** How many blocks of threads run at the same time at least: the chip's multiprocessors. */
  int processors();

  /** Runs a kernel on a grid. The arguments are taken over before this returns. */
  void launch(Kernel kernel, Grid grid, Arguments arguments);

  /** Waits until all that was asked for is done. */
  void synchronize();

  /** A mark on the stream, to take the time between two. */
  Event newEvent();

  /** From here on launches and device copies are written down instead of run. */
  void beginCapture();

  /** Ends writing down; what was written can be run again and again. */
  Graph endCapture();

  /** Runs what was written down. */
  void launch(Graph graph);

  /** Gives back all that was taken of the device and is not given back yet. */
  @Override
  void close();

  /** A kernel that was looked up. */
  interface Kernel {
    /** Its name. */
    String name();
  }

  /** Launches that were written down. */
  interface Graph extends AutoCloseable {
    /** Bytes of the device's memory that the driver took for it. */
    long bytes();

    @Override
    void close();
  }

  /** A place on the stream. */
  interface Event extends AutoCloseable {
    /** Puts the mark behind everything asked for so far. */
    void record();

    /** Waits until the device has come past the mark. */
    void await();

    /** Milliseconds from an earlier mark to this; waits for both. */
    float millisSince(Event earlier);

    @Override
    void close();
  }

  /**
   * How many threads run.
   *
   * @param x blocks; {@code y} and {@code z} at most 65,535
   * @param threads of a block, a whole number of warps of 32
   */
  record Grid(int x, int y, int z, int threads) {
    /** Blocks in a row. */
    public static Grid of(long blocks, int threads) {
      return new Grid(Math.toIntExact(blocks), 1, 1, threads);
    }

    /** As many blocks as {@code count} threads need. */
    public static Grid over(long count, int threads) {
      return of(Math.ceilDiv(count, (long) threads), threads);
    }
  }
}
