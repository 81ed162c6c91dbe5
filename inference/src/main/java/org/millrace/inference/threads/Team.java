package org.millrace.inference.threads;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of threads that works through the chunks of one job at a time; the caller is a
 * member.
 *
 * <p>Chunks are taken one by one, so nobody waits for a member that has not woken up or lost its
 * core: the others do its share. Who loses its core in the midst of a chunk goes on with it on the
 * core of one that waits for it, where the system allows that ({@link Places}). Idle members spin
 * briefly, because the next job of a forward pass comes within microseconds, and then park. {@link
 * #run} is for one caller at a time and allocates nothing.
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

  // How long the caller sleeps at most after it gave its processor to a member, which wakes it.
  private static final long GUEST_PARK_NANOS = 1_000_000;

  // A member that takes so many times longer for a chunk than others did has lost its processor.
  private static final int LATE_FACTOR = 2;
  private static final int NOBODY = -1;
  private static final int LINE_INTS = 16;
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
  private final Places places;

  /** Each member's number with the system, the caller's first; 0 before it is known. */
  private final AtomicIntegerArray threads;

  /** Whether each member is in a chunk; each in a cache line of its own. */
  private final AtomicIntegerArray atWork;

  private volatile @Nullable Thread caller;

  /** The member that the caller gave its processor to, until its chunk is done. */
  private volatile int guest = NOBODY;

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
    this(size, Places.ANY);
  }

  /**
   * @param size members including the caller, at least 1
   * @param places where members run
   */
  public Team(int size, Places places) {
    if (size < 1 || size > 1024) {
      throw new IllegalArgumentException("a team has 1 to 1024 threads, not " + size);
    }
    this.size = size;
    this.places = places;
    this.threads = new AtomicIntegerArray(size);
    this.atWork = new AtomicIntegerArray(size * LINE_INTS);
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
    noteCaller();
    job = work;
    finishedChunks.setOpaque(0);
    long number = (state >>> (2 * FIELD_BITS)) + 1;
    state = (number << (2 * FIELD_BITS)) | ((long) chunks << FIELD_BITS);
    if (parkedMembers.get() > 0) {
      members.forEach(LockSupport::unpark);
    }
    long usualNanos = takeChunks(0);
    awaitChunks(chunks, usualNanos);
    rethrow(failure.getAndSet(null));
  }

  private void noteCaller() {
    if (caller != Thread.currentThread()) {
      caller = Thread.currentThread();
      threads.set(0, places.thread());
    }
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

  /** Returns how long a chunk took on average. */
  private long takeChunks(int member) {
    long start = System.nanoTime();
    int taken = 0;
    while (true) {
      long seen = state;
      long next = seen & FIELD_MASK;
      if (next >= ((seen >>> FIELD_BITS) & FIELD_MASK)) {
        return taken == 0 ? 0 : (System.nanoTime() - start) / taken;
      }
      // The job cannot change while one of its chunks is untaken, so the swap below confirms it.
      Job current = job;
      if (STATE.compareAndSet(this, seen, seen + 1)) {
        runChunk(current, (int) next, member);
        taken++;
      }
    }
  }

  private void runChunk(Job current, int chunk, int member) {
    atWork.setOpaque(member * LINE_INTS, 1);
    try {
      if (failure.get() == null) {
        current.run(chunk, member);
      }
    } catch (RuntimeException | Error thrown) {
      failure.compareAndSet(null, thrown);
    } finally {
      atWork.setOpaque(member * LINE_INTS, 0);
      // Asked before, because the last chunk lets the caller go on; and again, for a caller that
      // has come to sleep in between.
      boolean isGuest = guest == member;
      finishedChunks.incrementAndGet();
      if (isGuest || guest == member) {
        guest = NOBODY;
        LockSupport.unpark(caller);
        places.leave();
      }
    }
  }

  private void awaitChunks(int chunks, long usualNanos) {
    int spins = 0;
    long since = 0;
    while (finishedChunks.get() < chunks) {
      if (++spins < SPINS) {
        Thread.onSpinWait();
      } else if (spins == SPINS) {
        since = System.nanoTime();
      } else if (places.canMove() && System.nanoTime() - since >= LATE_FACTOR * usualNanos) {
        giveProcessor(chunks);
        spins = 0;
      } else {
        // The member with the last chunk has lost its core to somebody: this one, left idle, is
        // where the system will let it go on. Merely yielding would keep it busy.
        LockSupport.parkNanos(this, CALLER_PARK_NANOS);
      }
    }
  }

  /**
   * A member that has lost its processor in the midst of a chunk goes on with it here and now, and
   * then goes back to where it can have a part of another processor's time.
   */
  private void giveProcessor(int chunks) {
    for (int member = 1; member < size; member++) {
      if (atWork.getOpaque(member * LINE_INTS) != 0) {
        guest = member;
        places.bring(threads.get(member));
        if (finishedChunks.get() < chunks) {
          LockSupport.parkNanos(this, GUEST_PARK_NANOS);
        }
        guest = NOBODY;
        return;
      }
    }
  }

  /** The caller is needed for whatever comes next: it gets this member's processor for good. */
  private void giveProcessorToCaller() {
    if (places.canMove() && isUnfinished() && atWork.getOpaque(0) != 0) {
      places.bring(threads.get(0));
      places.leave();
    }
  }

  private boolean isUnfinished() {
    return finishedChunks.get() < ((state >>> FIELD_BITS) & FIELD_MASK);
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
      places.begin(number);
      threads.set(number, places.thread());
      while (!closed) {
        awaitWork(takeChunks(number));
      }
    }

    private void awaitWork(long usualNanos) {
      if (hasSoon()) {
        return;
      }
      long since = System.nanoTime();
      while (isUnfinished() && System.nanoTime() - since < LATE_FACTOR * usualNanos) {
        if (hasSoon()) {
          return;
        }
      }
      giveProcessorToCaller();
      parkedMembers.incrementAndGet();
      while (!hasChunks() && !closed) {
        LockSupport.park(Team.this);
      }
      parkedMembers.decrementAndGet();
    }

    private boolean hasSoon() {
      for (int i = 0; i < SPINS; i++) {
        if (hasChunks() || closed) {
          return true;
        }
        Thread.onSpinWait();
      }
      return false;
    }
  }
}
