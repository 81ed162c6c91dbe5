package org.millrace.webapi.completion;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.millrace.webapi.http.Reply;

/**
 * What this node remembers of requests with an idempotency key: that they run, and what was
 * answered. Bounded in number, bytes and time. Thread-safe.
 *
 * <p>Forgetting is safe: the ledger's one hold per request id is what keeps a request from being
 * billed twice; this memory only gives better answers.
 */
final class OnceOnly {
  /** The largest answer that is kept. */
  private static final int ANSWER_BYTES_MAX = 64 * 1024;

  private static final Duration KEPT = Duration.ofDays(1);

  private final int entriesMax;
  private final long bytesMax;
  private final InstantSource clock;
  // In the order of arrival, so that the oldest goes first.
  private final LinkedHashMap<String, Entry> entries = new LinkedHashMap<>();
  private long bytes;

  OnceOnly(int entriesMax, long bytesMax, InstantSource clock) {
    this.entriesMax = entriesMax;
    this.bytesMax = bytesMax;
    this.clock = clock;
  }

  /** What is known of a request id at the moment somebody asks to run it. */
  sealed interface Claim {
    /** Not known: it is now claimed by the one who asked. */
    record Fresh() implements Claim {}

    record Running() implements Claim {}

    /** The same key came with another body before. */
    record Conflict() implements Claim {}

    /**
     * @param answer where it was small enough to be kept
     */
    record Finished(Optional<Reply.Whole> answer) implements Claim {}
  }

  private record Entry(
      byte[] fingerprint, Instant at, boolean running, Reply.@Nullable Whole answer) {
    int bytes() {
      return answer == null ? 0 : answer.body().length;
    }
  }

  synchronized Claim claim(String requestId, byte[] fingerprint) {
    dropOld();
    var known = entries.get(requestId);
    if (known == null) {
      entries.put(requestId, new Entry(fingerprint, clock.instant(), true, null));
      return new Claim.Fresh();
    }
    if (!Arrays.equals(known.fingerprint(), fingerprint)) {
      return new Claim.Conflict();
    }
    return known.running()
        ? new Claim.Running()
        : new Claim.Finished(Optional.ofNullable(known.answer()));
  }

  /** The request ended with an answer that can be given again. */
  synchronized void answered(String requestId, Reply.Whole answer) {
    end(requestId, answer.body().length <= ANSWER_BYTES_MAX ? answer : null);
  }

  /** The request ended; there is nothing to give again. */
  synchronized void ended(String requestId) {
    end(requestId, null);
  }

  /** The request was refused before anything was held: the key is free again. */
  synchronized void refused(String requestId) {
    entries.remove(requestId);
  }

  private void end(String requestId, Reply.@Nullable Whole answer) {
    var running = entries.get(requestId);
    if (running != null && running.running()) {
      var ended = new Entry(running.fingerprint(), running.at(), false, answer);
      entries.put(requestId, ended);
      bytes += ended.bytes();
      dropOld();
    }
  }

  private void dropOld() {
    var oldest = clock.instant().minus(KEPT);
    var each = entries.values().iterator();
    while (each.hasNext()) {
      var entry = each.next();
      var over = entries.size() >= entriesMax || bytes > bytesMax;
      if (!over && entry.at().isAfter(oldest)) {
        return;
      }
      // What runs is bounded by the open requests and must not be forgotten.
      if (!entry.running()) {
        bytes -= entry.bytes();
        each.remove();
      }
    }
  }
}
