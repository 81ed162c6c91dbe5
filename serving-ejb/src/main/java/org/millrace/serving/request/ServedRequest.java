package org.millrace.serving.request;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.TokenUsage;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.SampledToken;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.meter.Ending;
import org.millrace.serving.meter.JournalSlot;
import org.millrace.serving.meter.Outcome;
import org.millrace.serving.stream.EventStream;

/**
 * An admitted request: its sequences, its counts, its stream. From its hold on it ends exactly
 * once, in {@link #end}, whatever happens.
 *
 * <p>Written by the engine thread alone; the volatile fields may be read by any thread.
 */
@SuppressWarnings("NonAtomicVolatileUpdate") // One writer; volatile is for the readers.
public final class ServedRequest {
  private final RequestSpec spec;
  private final Terms terms;
  private final Place place;
  private final JournalSlot slot;
  private final EventStream stream;
  private final Consumer<Ending> onEnd;
  private final int[] countedOfPrompt;
  private List<Sequence> sequences = List.of();
  private int handedOut;
  private long pausedSinceMillis = -1;
  private boolean handedOn;

  private volatile int input;
  private volatile int cachedInput;
  private volatile int generated;
  private volatile int heldBlocks;
  private volatile int shareableBlocks;
  private volatile long startedAtMillis;
  private volatile long firstTokenAtMillis;
  private volatile @Nullable Ending ending;
  private volatile @Nullable Failure failure;

  /**
   * @param onEnd takes the ending to the ledger; never waits
   */
  public ServedRequest(
      RequestSpec spec,
      Terms terms,
      Place place,
      JournalSlot slot,
      EventStream stream,
      Consumer<Ending> onEnd) {
    this.spec = spec;
    this.terms = terms;
    this.place = place;
    this.slot = slot;
    this.stream = stream;
    this.onEnd = onEnd;
    this.countedOfPrompt = new int[spec.prompts().size()];
  }

  public RequestSpec spec() {
    return spec;
  }

  public Terms terms() {
    return terms;
  }

  public EventStream stream() {
    return stream;
  }

  /** Those that are not at their end, in order of their choice. Engine thread only. */
  public List<Sequence> sequences() {
    return sequences;
  }

  public boolean isEnded() {
    return ending != null;
  }

  /**
   * When it has waited too long: the queue's deadline; for one that was running before, on a
   * replica that was given up, the end of its time.
   */
  public long waitDeadlineMillis() {
    return startedAtMillis == 0 ? terms.queueDeadlineMillis() : terms.runDeadlineMillis();
  }

  /** Whether it has been handed from one replica to another. */
  public boolean wasHandedOn() {
    return handedOn;
  }

  /**
   * Leaves the replica it is on: its sequences give their blocks back. What they know is computed
   * again on another.
   */
  public void handOn() {
    handedOn = true;
    sequences.forEach(Sequence::giveWay);
  }

  /**
   * Leaves the queue: its sequences may now be planned. Those of a request that was handed on go on
   * where they were.
   *
   * @param guessesMax most tokens to guess ahead for a sequence in one step
   */
  public void start(Engine engine, int guessesMax, long nowMillis) {
    if (!sequences.isEmpty()) {
      sequences.forEach(sequence -> sequence.moveTo(engine));
      return;
    }
    startedAtMillis = nowMillis;
    slot.started(nowMillis);
    place.started();
    var started = new ArrayList<Sequence>(spec.sequences());
    for (int choice = 0; choice < spec.sequences(); choice++) {
      started.add(new Sequence(this, choice, engine, guessesMax));
    }
    sequences = started;
  }

  /**
   * Looks whether the stream has room for what one step may bring: of each sequence some text and
   * its end. Where it has none, its sequences are left out of steps until it has.
   */
  public void lookForRoom(long nowMillis) {
    if (stream.hasRoom(eventsPerStep(sequences.size()))) {
      pausedSinceMillis = -1;
    } else if (pausedSinceMillis < 0) {
      pausedSinceMillis = nowMillis;
    }
  }

  /** Events that a step of so many sequences may bring at most. */
  public static int eventsPerStep(int sequences) {
    return 2 * sequences;
  }

  /** Whether its reader has left the stream full. */
  public boolean isPaused() {
    return pausedSinceMillis >= 0;
  }

  /** For how long its reader has left the stream full. */
  public long pausedMillis(long nowMillis) {
    return isPaused() ? nowMillis - pausedSinceMillis : 0;
  }

  /**
   * Takes what a step brought for one of its sequences. A fault of that sequence fails this request
   * and no other.
   *
   * @param failure why no further token could be drawn; {@code null} where nothing failed
   * @throws RuntimeException that failure, or another of the sequence
   */
  public void apply(
      Sequence sequence,
      List<SampledToken> drawn,
      @Nullable RuntimeException failure,
      long nowMillis) {
    sequence.apply(drawn, failure, nowMillis);
    countBlocks();
    if (sequence.isFinished()) {
      sequences.remove(sequence);
      if (sequences.isEmpty()) {
        end(Outcome.FINISHED, null, nowMillis);
      }
    }
  }

  /** The reader is gone, or the server stops: what was generated is billed. */
  public void cancel(long nowMillis) {
    for (Sequence sequence : sequences) {
      sequence.release(FinishReason.CANCELLED);
      if (stream.hasRoom(1)) {
        stream.put(new CompletionEvent.ChoiceFinished(sequence.choice(), FinishReason.CANCELLED));
      }
    }
    sequences = List.of();
    end(Outcome.CANCELLED, null, nowMillis);
  }

  /** Something went wrong: what was handed out is billed. */
  public void fail(Failure reason, long nowMillis) {
    for (Sequence sequence : sequences) {
      sequence.release(FinishReason.CANCELLED);
    }
    sequences = List.of();
    end(Outcome.FAILED, reason, nowMillis);
  }

  /** One of its sequences has other blocks than before. */
  void countBlocks() {
    int held = 0;
    int shareable = 0;
    for (Sequence sequence : sequences) {
      held += sequence.blocks().size();
      shareable += sequence.blocks().shareable();
    }
    heldBlocks = held;
    shareableBlocks = shareable;
  }

  private void end(Outcome outcome, @Nullable Failure reason, long nowMillis) {
    if (ending != null) {
      throw new IllegalStateException("request " + spec.requestId() + " ended twice");
    }
    var usage =
        new TokenUsage(input, cachedInput, outcome == Outcome.FAILED ? handedOut : generated);
    long startedAt = startedAtMillis == 0 ? nowMillis : startedAtMillis;
    var end = new Ending(spec.requestId(), slot, usage, outcome, startedAt, nowMillis, this);
    slot.end(usage, outcome, nowMillis);
    failure = reason;
    ending = end;
    countBlocks();
    place.left();
    stream.ended(nowMillis + terms.settleWaitMillis());
    onEnd.accept(end);
  }

  /**
   * Counts a prompt's tokens once, however often they are computed and for how many choices. Those
   * that were there before anyone computed them for this request count as cached.
   */
  void countPrompt(int prompt, int fromCache, int computed, long nowMillis) {
    int counted = Math.min(computed, spec.prompts().get(prompt).tokens().length);
    int before = countedOfPrompt[prompt];
    if (counted > before) {
      input += counted - before;
      cachedInput += Math.max(0, Math.min(fromCache, counted) - before);
      countedOfPrompt[prompt] = counted;
      handedOut(nowMillis);
    }
  }

  private void handedOut(long nowMillis) {
    slot.handOut(new TokenUsage(input, cachedInput, handedOut), nowMillis);
  }

  void countGenerated(long nowMillis) {
    if (generated == 0) {
      firstTokenAtMillis = nowMillis;
    }
    generated++;
  }

  /** Written to the journal first, and only then to the stream. */
  void handOut(CompletionEvent.@Nullable Delta delta, long nowMillis) {
    if (delta != null) {
      handedOut += delta.tokens();
      handedOut(nowMillis);
      stream.put(delta);
    }
  }

  void choiceFinished(int choice, FinishReason reason) {
    stream.put(new CompletionEvent.ChoiceFinished(choice, reason));
  }

  /** How it ended; {@code null} while it has not. */
  public @Nullable Ending ending() {
    return ending;
  }

  /** Set before {@link #ending} where the outcome is a failure. */
  public @Nullable Failure failure() {
    return failure;
  }

  /** Prompt tokens taken from the prefix cache so far, each prompt once. */
  public int cachedInput() {
    return cachedInput;
  }

  /** Cache blocks that its sequences run on, as of its last step. */
  public int heldBlocks() {
    return heldBlocks;
  }

  /** Of those, the ones in the prefix cache. */
  public int shareableBlocks() {
    return shareableBlocks;
  }

  public int generated() {
    return generated;
  }

  /** 0 while it waits. */
  public long startedAtMillis() {
    return startedAtMillis;
  }

  /** 0 before the first token. */
  public long firstTokenAtMillis() {
    return firstTokenAtMillis;
  }
}
