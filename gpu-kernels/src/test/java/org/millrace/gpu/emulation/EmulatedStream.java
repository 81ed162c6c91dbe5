package org.millrace.gpu.emulation;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What was asked of a device and is not done yet. Nothing is done before somebody waits for it: as
 * late as a real device could be, so that who forgets to wait finds old numbers.
 */
class EmulatedStream {
  // One for all streams: waiting for another may run either.
  private static final Object TURN = new Object();

  private final Deque<Runnable> asked = new ArrayDeque<>();
  private long doneCount;
  private long askedCount;

  /** Does everything at once. */
  static EmulatedStream immediate() {
    return new EmulatedStream() {
      @Override
      long ask(Runnable work) {
        work.run();
        return 0;
      }
    };
  }

  /** Asks for work; returns its place, for {@link #runTo}. */
  long ask(Runnable work) {
    synchronized (TURN) {
      asked.add(work);
      return ++askedCount;
    }
  }

  /** The place of what was asked last. */
  long place() {
    synchronized (TURN) {
      return askedCount;
    }
  }

  /** Does everything up to a place. */
  void runTo(long place) {
    synchronized (TURN) {
      while (doneCount < place && !asked.isEmpty()) {
        doneCount++;
        asked.remove().run();
      }
    }
  }

  void run() {
    runTo(Long.MAX_VALUE);
  }

  /** Forgets what was not done. */
  void clear() {
    synchronized (TURN) {
      asked.clear();
    }
  }
}
