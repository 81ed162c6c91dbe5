package org.millrace.serving.meter;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import org.millrace.billing.api.TokenUsage;

/**
 * One open request's counts in the journal. Written by one thread at a time with plain stores: the
 * mapping is shared with the page cache, so they survive the process, though not the machine.
 */
public final class JournalSlot {
  static final int BYTES = 256;

  /** Longest request id, in UTF-8 bytes. */
  public static final int ID_BYTES_MAX = 192;

  private static final int FREE = 0;
  private static final int OPEN = 1;
  private static final int ENDED = 2;

  private static final long STATE = 0;
  private static final long OUTCOME = 4;
  private static final long INPUT = 8;
  private static final long OUTPUT = 16;
  private static final long STARTED_AT = 24;
  private static final long UPDATED_AT = 32;
  private static final long ID_LENGTH = 40;
  private static final long ID = 48;
  // Behind the id, where earlier versions left zeros: no slot of theirs is misread.
  private static final long CACHED_INPUT = ID + ID_BYTES_MAX;
  private static final long CLAIM = CACHED_INPUT + Long.BYTES;

  private final MemorySegment bytes;
  private final int index;

  JournalSlot(MemorySegment bytes, int index) {
    this.bytes = bytes;
    this.index = index;
  }

  int index() {
    return index;
  }

  /** Writes the request's id first and the state last: a half-written slot reads as free. */
  void open(String requestId, long claim, long nowMillis) {
    byte[] id = requestId.getBytes(StandardCharsets.UTF_8);
    if (id.length > ID_BYTES_MAX) {
      throw new IllegalArgumentException(
          "request id is %d bytes; the limit is %d".formatted(id.length, ID_BYTES_MAX));
    }
    MemorySegment.copy(id, 0, bytes, ValueLayout.JAVA_BYTE, ID, id.length);
    bytes.set(ValueLayout.JAVA_INT, ID_LENGTH, id.length);
    bytes.set(ValueLayout.JAVA_LONG, CLAIM, claim);
    bytes.set(ValueLayout.JAVA_LONG, INPUT, 0);
    bytes.set(ValueLayout.JAVA_LONG, CACHED_INPUT, 0);
    bytes.set(ValueLayout.JAVA_LONG, OUTPUT, 0);
    bytes.set(ValueLayout.JAVA_LONG, STARTED_AT, nowMillis);
    bytes.set(ValueLayout.JAVA_LONG, UPDATED_AT, nowMillis);
    state(OPEN);
  }

  /** With what this server claims the request's hold; of no other slot, nor of an earlier use. */
  public long claim() {
    return bytes.get(ValueLayout.JAVA_LONG, CLAIM);
  }

  /** The first step of the request runs. */
  public void started(long nowMillis) {
    bytes.set(ValueLayout.JAVA_LONG, STARTED_AT, nowMillis);
  }

  /**
   * What the reader may have after this call. Called before the tokens are handed over, so that a
   * killed process has delivered no more than is written here.
   */
  public void handOut(TokenUsage usage, long nowMillis) {
    // The cached ones last: a process killed half-way leaves tokens at the full price, never more
    // cached ones than there are.
    bytes.set(ValueLayout.JAVA_LONG, INPUT, usage.inputTokens());
    bytes.set(ValueLayout.JAVA_LONG, OUTPUT, usage.outputTokens());
    VarHandle.releaseFence();
    bytes.set(ValueLayout.JAVA_LONG, CACHED_INPUT, usage.cachedInputTokens());
    bytes.set(ValueLayout.JAVA_LONG, UPDATED_AT, nowMillis);
    VarHandle.releaseFence();
  }

  /** The request generates no more: these counts are what is billed. */
  public void end(TokenUsage usage, Outcome outcome, long nowMillis) {
    handOut(usage, nowMillis);
    bytes.set(ValueLayout.JAVA_INT, OUTCOME, outcome.ordinal());
    state(ENDED);
  }

  void free() {
    state(FREE);
  }

  boolean isFree() {
    return bytes.get(ValueLayout.JAVA_INT, STATE) == FREE;
  }

  /** What an earlier run left here. One that was cut off while it ran has failed. */
  Ending left() {
    boolean ended = bytes.get(ValueLayout.JAVA_INT, STATE) == ENDED;
    long input = Math.max(0, bytes.get(ValueLayout.JAVA_LONG, INPUT));
    return new Ending(
        requestId(),
        this,
        new TokenUsage(
            input,
            Math.clamp(bytes.get(ValueLayout.JAVA_LONG, CACHED_INPUT), 0, input),
            Math.max(0, bytes.get(ValueLayout.JAVA_LONG, OUTPUT))),
        ended ? Outcome.of(bytes.get(ValueLayout.JAVA_INT, OUTCOME)) : Outcome.FAILED,
        bytes.get(ValueLayout.JAVA_LONG, STARTED_AT),
        bytes.get(ValueLayout.JAVA_LONG, UPDATED_AT),
        null);
  }

  private String requestId() {
    int length = Math.clamp(bytes.get(ValueLayout.JAVA_INT, ID_LENGTH), 0, ID_BYTES_MAX);
    return new String(
        bytes.asSlice(ID, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  private void state(int state) {
    VarHandle.releaseFence();
    bytes.set(ValueLayout.JAVA_INT, STATE, state);
  }
}
