package org.millrace.tenancy.key;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Remembers look-ups for less than a second, so that a busy key costs one query now and then, and a
 * revoked one is refused within a second without a word between nodes. Known and unknown ids are
 * bounded apart: a flood of invented ids pushes out no real key. Thread-safe.
 */
public final class KeyCache {
  /** Less than the second that is promised, because the look-up itself takes time. */
  public static final Duration KEPT = Duration.ofMillis(800);

  private final KeyLookup lookup;
  private final LongSupplier nanoClock;
  private final Map<String, Answer> known;
  private final Map<String, Answer> unknown;

  /**
   * @param nanoClock as {@link System#nanoTime}: a wall clock may be set back, and would keep a
   *     revoked key
   * @param entriesMax of known and of unknown ids, each
   */
  public KeyCache(KeyLookup lookup, LongSupplier nanoClock, int entriesMax) {
    this.lookup = lookup;
    this.nanoClock = nanoClock;
    this.known = new Bounded(entriesMax);
    this.unknown = new Bounded(entriesMax);
  }

  /** The key of this public id, as it was less than {@link #KEPT} ago. */
  public Optional<StoredKey> find(String publicId) {
    long now = nanoClock.getAsLong();
    Answer answer = remembered(publicId);
    if (answer != null && now - answer.askedAtNanos < KEPT.toNanos()) {
      return answer.found;
    }
    Optional<StoredKey> found = lookup.find(publicId);
    // Stamped with the time before the question: the answer may be as old as that.
    remember(publicId, new Answer(found, now));
    return found;
  }

  private synchronized @Nullable Answer remembered(String publicId) {
    Answer answer = known.get(publicId);
    return answer != null ? answer : unknown.get(publicId);
  }

  private synchronized void remember(String publicId, Answer answer) {
    known.remove(publicId);
    unknown.remove(publicId);
    (answer.found.isPresent() ? known : unknown).put(publicId, answer);
  }

  synchronized int size() {
    return known.size() + unknown.size();
  }

  private record Answer(Optional<StoredKey> found, long askedAtNanos) {}

  /** Drops what was used longest ago. */
  private static final class Bounded extends LinkedHashMap<String, Answer> {
    private static final long serialVersionUID = 1L;
    private final int entriesMax;

    Bounded(int entriesMax) {
      super(16, 0.75f, true);
      this.entriesMax = entriesMax;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Answer> eldest) {
      return size() > entriesMax;
    }
  }
}
