package org.millrace.inference.threads;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of threads that works through the chunks of one job at a time; the caller is a
 * member.
 *
 * <p>Chunks are taken one by one, so nobody waits for a member that has not woken up or lost its
 * core: the others do its share. Idle members spin briefly, because the next job of a forward pass
 * comes within microseconds, and then park. {@link #run} is for one caller at a time and allocates
 * nothing.
 */
public final class Team implements AutoCloseable {
  /** Work in numbered chunks that may run in any order and on any member. */
  @FunctionalInterface
  public interface Job {
    /**
     * @param chunk which chunk, from 0
     * @param member which member runs it, 0 to size - 1; no two at once have the same
     */
    void run(int chunk, int member);
  }

  /** The most chunks of one job. */
  public static final int CHUNKS_MAX = (1 << 20) - 1;

  // About 50 microseconds: longer than any gap within a step, shorter than a scheduler's slice.
  private static final int SPINS = 1_000;
  private static final long CALLER_PARK_NANOS = 50_000;
  private static final int FIELD_BITS = 20;
  private static final long FIELD_MASK = (1L << FIELD_BITS) - 1;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Team.class, "state", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final int size;
  private final List<Member> members = new ArrayList<>();
  private final AtomicInteger finishedChunks = new AtomicInteger();
  private final AtomicInteger parkedMembers = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile boolean closed;

  /** Job number, its chunks, and the next chunk to take: one word, so that taking is one swap. */
  @SuppressWarnings("unused")
  private volatile long state;

  private volatile Job job = (chunk, member) -> {};

  /**
   * @param size members including the caller, at least 1
   */
  public Team(int size) {
    if (size < 1 || size > 1024) {
      throw new IllegalArgumentException("a team has 1 to 1024 threads, not " + size);
    }
    this.size = size;
    for (int i = 1; i < size; i++) {
      var member = new Member(i);
      members.add(member);
      member.start();
    }
  }

  /** Members, including the caller. */
  public int size() {
    return size;
  }

  /**
   * Runs all chunks and returns when they are done. When a chunk fails, those not yet begun are
   * skipped and the failure is thrown here.
   */
  public void run(int chunks, Job work) {
    if (closed) {
      throw new IllegalStateException("the thread team is closed");
    }
    if (chunks < 0 || chunks > CHUNKS_MAX) {
      throw new IllegalArgumentException(
          "a job has 0 to %d chunks, not %d".formatted(CHUNKS_MAX, chunks));
    }
    if (size == 1 || chunks <= 1) {
      for (int i = 0; i < chunks; i++) {
        work.run(i, 0);
      }
      return;
    }
    job = work;
    finishedChunks.setOpaque(0);
    long number = (state >>> (2 * FIELD_BITS)) + 1;
    state = (number << (2 * FIELD_BITS)) | ((long) chunks << FIELD_BITS);
    if (parkedMembers.get() > 0) {
      members.forEach(LockSupport::unpark);
    }
    takeChunks(0);
    awaitChunks(chunks);
    rethrow(failure.getAndSet(null));
  }

  /** Ends the members and waits for them. Closing twice does nothing. */
  @Override
  public void close() {
    closed = true;
    members.forEach(LockSupport::unpark);
    boolean interrupted = false;
    for (Member member : members) {
      while (member.isAlive() && member != Thread.currentThread()) {
        try {
          member.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void takeChunks(int member) {
    while (true) {
      long seen = state;
      long next = seen & FIELD_MASK;
      if (next >= ((seen >>> FIELD_BITS) & FIELD_MASK)) {
        return;
      }
      // The job cannot change while one of its chunks is untaken, so the swap below confirms it.
      Job taken = job;
      if (STATE.compareAndSet(this, seen, seen + 1)) {
        runChunk(taken, (int) next, member);
      }
    }
  }

  private void runChunk(Job taken, int chunk, int member) {
    try {
      if (failure.get() == null) {
        taken.run(chunk, member);
      }
    } catch (RuntimeException | Error thrown) {
      failure.compareAndSet(null, thrown);
    } finally {
      finishedChunks.incrementAndGet();
    }
  }

  private void awaitChunks(int chunks) {
    long spins = 0;
    while (finishedChunks.get() < chunks) {
      if (++spins < SPINS) {
        Thread.onSpinWait();
      } else {
        // The member with the last chunk has lost its core to somebody: this one, left idle, is
        // where the system will let it go on. Merely yielding would keep it busy.
        LockSupport.parkNanos(this, CALLER_PARK_NANOS);
      }
    }
  }

  private static void rethrow(@Nullable Throwable thrown) {
    switch (thrown) {
      case null -> {}
      case RuntimeException exception -> throw exception;
      case Error error -> throw error;
      default -> throw new IllegalStateException(thrown);
    }
  }

  private boolean hasChunks() {
    long seen = state;
    return (seen & FIELD_MASK) < ((seen >>> FIELD_BITS) & FIELD_MASK);
  }

  private final class Member extends Thread {
    private final int number;

    Member(int number) {
      super("millrace-engine-" + number);
      this.number = number;
      setDaemon(true);
      // An application server's class loader must not be kept alive by an idle thread.
      setContextClassLoader(null);
    }

    @Override
    public void run() {
      while (!closed) {
        takeChunks(number);
        awaitWork();
      }
    }

    private void awaitWork() {
      for (int i = 0; i < SPINS; i++) {
        if (hasChunks() || closed) {
          return;
        }
        Thread.onSpinWait();
      }
      parkedMembers.incrementAndGet();
      while (!hasChunks() && !closed) {
        LockSupport.park(Team.this);
      }
      parkedMembers.decrementAndGet();
    }
  }
}
