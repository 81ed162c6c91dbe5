package org.millrace.tenancy.key;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Collects when keys were used, to be written now and then, and each key at most once a minute: not
 * in a request's way. Thread-safe.
 */
public final class LastUse {
  static final Duration WRITTEN_EVERY = Duration.ofMinutes(1);

  private final Map<UUID, Seen> seen;

  /** What is to be written. */
  public record Use(UUID keyId, Instant at) {}

  /**
   * @param keysMax beyond it the key used longest ago is forgotten; a last-used time is a help, not
   *     a record
   */
  public LastUse(int keysMax) {
    this.seen =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<UUID, Seen> eldest) {
            return size() > keysMax;
          }
        };
  }

  public synchronized void note(UUID keyId, Instant at) {
    seen.merge(keyId, new Seen(at, Instant.MIN), (old, now) -> new Seen(at, old.writtenAt));
  }

  /** The uses to be written now; they count as written. */
  public synchronized List<Use> takeDue(Instant now) {
    List<Use> due = new ArrayList<>();
    for (var entry : seen.entrySet()) {
      Seen last = entry.getValue();
      if (last.at.isAfter(last.writtenAt) && !last.writtenAt.isAfter(now.minus(WRITTEN_EVERY))) {
        due.add(new Use(entry.getKey(), last.at));
        entry.setValue(new Seen(last.at, now));
      }
    }
    return due;
  }

  private record Seen(Instant at, Instant writtenAt) {}
}
