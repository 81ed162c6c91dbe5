package org.millrace.serving.batch;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.StepPlan;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.queue.RequestQueue;
import org.millrace.serving.request.Failure;
import org.millrace.serving.request.Sequence;
import org.millrace.serving.request.ServedRequest;

/**
 * Decides what the next step computes, under a budget of tokens, of sequences and of cache blocks.
 *
 * <p>Sequences that run get their one token first, then prompts share what is left of the step;
 * then waiting ones come in, strictly in order. Blocks grow with a sequence. Where they run out, a
 * sequence that a slow reader has paused gives way first, then the youngest: it loses its blocks
 * and computes its known tokens again later. The oldest never gives way to a younger one, and
 * admission lets in only what fits the cache alone, so there is always one that gets on: no
 * deadlock, and the head of the queue is never overtaken.
 */
public final class BatchPlanner {
  private final Engine engine;
  private final RequestQueue queue;
  private final int tokensMax;
  private final int sequencesMax;
  private final int guessesMax;
  // Every sequence that has left the queue and is not at its end, oldest first.
  private final List<Sequence> started = new ArrayList<>();
  private final List<Sequence> planned = new ArrayList<>();
  private final List<StepPlan.Slice> slices = new ArrayList<>();
  private final StepPlan plan = new StepPlan(slices);
  private int tokensLeft;
  private int sequencesLeft;
  private long preemptions;
  private int guesses;

  /**
   * @param guessesMax most tokens to guess ahead for a sequence in one step
   */
  public BatchPlanner(
      Engine engine, RequestQueue queue, int tokensMax, int sequencesMax, int guessesMax) {
    this.engine = engine;
    this.queue = queue;
    this.tokensMax = tokensMax;
    this.sequencesMax = sequencesMax;
    this.guessesMax = guessesMax;
  }

  /** The next step; empty where nothing can run. Valid until the next call. */
  public StepPlan plan(long nowMillis) {
    started.removeIf(Sequence::isFinished);
    planned.clear();
    slices.clear();
    tokensLeft = tokensMax;
    sequencesLeft = sequencesMax;
    shareTokens();
    boolean tight = !reserveBlocks();
    if (!tight) {
      bringIn(nowMillis);
    }
    guesses = 0;
    if (guessesMax > 0 && !tight) {
      guess();
    }
    for (Sequence sequence : started) {
      if (sequence.planned() > 0) {
        planned.add(sequence);
        slices.add(sequence.slice());
      }
    }
    return plan;
  }

  /** The sequences of the current plan, in the order of its slices. */
  public List<Sequence> planned() {
    return planned;
  }

  /**
   * Every sequence that has left the queue and was not at its end when the last step was planned,
   * oldest first.
   */
  public List<Sequence> started() {
    return started;
  }

  /** Lets go of everything that has left the queue: somebody else looks after it now. */
  public void forget() {
    started.clear();
    planned.clear();
    slices.clear();
  }

  /** Whether nothing that has left the queue is still to be computed. */
  public boolean allFinished() {
    for (Sequence sequence : started) {
      if (!sequence.isFinished()) {
        return false;
      }
    }
    return true;
  }

  /** How often a sequence lost its blocks to another. */
  public long preemptions() {
    return preemptions;
  }

  /** Tokens of the current plan that are guesses. */
  public int guesses() {
    return guesses;
  }

  /** Guesses take what nobody else wants: tokens left of the step, and blocks that are free. */
  private void guess() {
    for (Sequence sequence : started) {
      if (sequence.planned() > 0 && tokensLeft > 0) {
        int count = sequence.guess(Math.min(guessesMax, tokensLeft));
        if (count > 0 && !sequence.reserve(sequence.computedAfterStep())) {
          sequence.guessNothing();
          count = 0;
        }
        tokensLeft -= count;
        guesses += count;
      }
    }
  }

  private void shareTokens() {
    for (Sequence sequence : started) {
      sequence.plan(0);
      if (sequence.missing() == 1) {
        shareWith(sequence);
      }
    }
    for (Sequence sequence : started) {
      if (sequence.missing() > 1) {
        shareWith(sequence);
      }
    }
  }

  private void shareWith(Sequence sequence) {
    if (sequencesLeft > 0 && sequence.isResident() && !sequence.request().isPaused()) {
      share(sequence);
    }
  }

  private void share(Sequence sequence) {
    int count = Math.min(sequence.missing(), tokensLeft);
    sequence.plan(count);
    tokensLeft -= count;
    sequencesLeft -= count > 0 ? 1 : 0;
  }

  /** Returns whether all that were given tokens got their blocks without anyone's giving way. */
  private boolean reserveBlocks() {
    long before = preemptions;
    for (Sequence sequence : started) {
      // Checked when its turn comes: an older one may have taken its place by then.
      if (sequence.planned() > 0 && !reserve(sequence, sequence.computedAfterStep())) {
        giveWay(sequence);
      }
    }
    return preemptions == before;
  }

  private boolean reserve(Sequence sequence, int positions) {
    while (!sequence.reserve(positions)) {
      Sequence victim = victimFor(sequence);
      if (victim == null) {
        return false;
      }
      giveWay(victim);
    }
    return true;
  }

  /**
   * A paused sequence, or else the youngest that is younger than {@code claimant}; the youngest
   * first.
   */
  private @Nullable Sequence victimFor(Sequence claimant) {
    @Nullable Sequence youngest = null;
    boolean younger = true;
    for (int i = started.size() - 1; i >= 0; i--) {
      Sequence candidate = started.get(i);
      if (candidate == claimant) {
        younger = false;
      } else if (candidate.blocks().size() > 0) {
        if (candidate.request().isPaused()) {
          return candidate;
        }
        if (younger && youngest == null) {
          youngest = candidate;
        }
      }
    }
    return youngest;
  }

  private void giveWay(Sequence sequence) {
    if (sequence.planned() > 0) {
      tokensLeft += sequence.planned();
      sequencesLeft++;
    }
    sequence.giveWay();
    preemptions++;
  }

  private void bringIn(long nowMillis) {
    for (int i = 0; i < started.size(); i++) {
      Sequence sequence = started.get(i);
      boolean waits = sequence.request().isPaused() || sequence.waitsForSister();
      if (!sequence.isResident() && !waits && !settleIn(sequence)) {
        return;
      }
    }
    // Paused sequences wait in the list too; it must not grow without end behind slow readers.
    while (tokensLeft > 0 && sequencesLeft > 0 && started.size() < 4 * sequencesMax) {
      if (!startHead(nowMillis)) {
        return;
      }
    }
  }

  /** Returns whether there was a request to start and all its sequences came in. */
  private boolean startHead(long nowMillis) {
    ServedRequest head = queue.head();
    if (head == null) {
      return false;
    }
    queue.remove(head);
    try {
      head.start(engine, guessesMax, nowMillis);
    } catch (RuntimeException e) {
      head.fail(
          new Failure(ServingError.ENGINE_FAILED, "the request could not be started: " + e),
          nowMillis);
      return true;
    }
    started.addAll(head.sequences());
    for (Sequence sequence : head.sequences()) {
      if (!sequence.waitsForSister() && !settleIn(sequence)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Gives a sequence its first tokens of a step, where budget and blocks allow. It gets blocks for
   * all it knows, so that it cannot get stuck half-way through its prompt, and leaves one block for
   * each that already runs.
   */
  private boolean settleIn(Sequence sequence) {
    if (tokensLeft == 0 || sequencesLeft == 0) {
      return false;
    }
    int running = sequencesMax - sequencesLeft;
    sequence.adopt();
    int wanted = sequence.blocksMissing() + running;
    while (engine.blocks().freeBlocks() < wanted) {
      Sequence paused = victimFor(sequence);
      if (paused == null || !paused.request().isPaused()) {
        break;
      }
      giveWay(paused);
    }
    if (running > 0 && engine.blocks().freeBlocks() < wanted
        || !sequence.reserve(sequence.known())) {
      sequence.giveWay();
      return false;
    }
    sequence.settleIn();
    share(sequence);
    return true;
  }
}
