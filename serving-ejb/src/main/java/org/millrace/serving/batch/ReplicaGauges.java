package org.millrace.serving.batch;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What a replica does, for those who look from outside: written by the engine thread, read by any.
 */
@SuppressWarnings("NonAtomicVolatileUpdate") // One writer; volatile is for the readers.
public final class ReplicaGauges {
  private static final int WINDOW_SECONDS = 10;

  private final AtomicLongArray tokensOfSecond = new AtomicLongArray(WINDOW_SECONDS + 1);
  private volatile long second;
  private volatile int running;
  private volatile int waiting;
  private volatile long steps;
  private volatile long guesses;
  private volatile long rightGuesses;
  private volatile long failedSteps;
  private volatile long preemptions;
  private volatile long progressAtMillis;
  private volatile boolean idle = true;

  ReplicaGauges(long nowMillis) {
    this.second = nowMillis / 1_000;
    this.progressAtMillis = nowMillis;
  }

  void stepStarts(long nowMillis) {
    if (idle) {
      progressAtMillis = nowMillis;
      idle = false;
    }
  }

  void rightGuesses(int count) {
    rightGuesses += count;
  }

  void stepDone(int tokens, int guessed, long nowMillis) {
    moveTo(nowMillis / 1_000);
    tokensOfSecond.addAndGet(slot(second), tokens);
    steps++;
    guesses += guessed;
    progressAtMillis = nowMillis;
  }

  void stepFailed() {
    failedSteps++;
  }

  void update(BatchPlanner planner, boolean ran, boolean nothingToDo, long nowMillis) {
    int resident = 0;
    int started = 0;
    for (var sequence : planner.started()) {
      if (!sequence.isFinished()) {
        started++;
        resident += sequence.isResident() ? 1 : 0;
      }
    }
    running = resident;
    waiting = started - resident;
    preemptions = planner.preemptions();
    idle = nothingToDo;
    if (!ran) {
      // Work that waits for its reader is no standstill of the engine.
      progressAtMillis = nowMillis;
    }
    moveTo(nowMillis / 1_000);
  }

  private void moveTo(long now) {
    // A long silence empties the window once, not once per second of it.
    second = Math.max(second, now - WINDOW_SECONDS - 1);
    while (second < now) {
      second++;
      tokensOfSecond.set(slot(second), 0);
    }
  }

  private static int slot(long second) {
    return (int) (second % (WINDOW_SECONDS + 1));
  }

  /** Sequences that hold cache blocks. */
  public int running() {
    return running;
  }

  /** Sequences of started requests that wait for cache blocks or a place in the step. */
  public int waiting() {
    return waiting;
  }

  public long steps() {
    return steps;
  }

  /** Tokens that were guessed ahead. */
  public long guesses() {
    return guesses;
  }

  /** Of those, the ones that the sampler drew. */
  public long rightGuesses() {
    return rightGuesses;
  }

  public long failedSteps() {
    return failedSteps;
  }

  public long preemptions() {
    return preemptions;
  }

  /**
   * For how long the engine has been at work without finishing a step; 0 while there is nothing to
   * do.
   */
  public long waitingForProgressMillis(long nowMillis) {
    return idle ? 0 : Math.max(0, nowMillis - progressAtMillis);
  }

  /** Computed tokens, averaged over the last whole seconds. */
  public double tokensPerSecond() {
    long sum = 0;
    for (int i = 0; i <= WINDOW_SECONDS; i++) {
      sum += i == slot(second) ? 0 : tokensOfSecond.get(i);
    }
    return (double) sum / WINDOW_SECONDS;
  }
}
