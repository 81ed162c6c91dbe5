package org.millrace.serving.admission;

/**
 * A limit per minute: so much at once, refilled evenly. Exact integers: the level is kept in
 * sixty-thousandths, of which {@code limit} come back each millisecond. Not thread-safe.
 */
final class TokenBucket {
  private static final long PARTS = 60_000;

  private int limit;
  private long level;
  private long atMillis;

  TokenBucket(int limit, long nowMillis) {
    this.limit = limit;
    this.level = limit * PARTS;
    this.atMillis = nowMillis;
  }

  /** Brings the level up to now, and to a limit that may have changed; what was used stays used. */
  void advance(int newLimit, long nowMillis) {
    // After a minute it is full in any case; a clock set back adds nothing.
    long elapsed = Math.clamp(nowMillis - atMillis, 0, PARTS);
    level = Math.min(limit * PARTS, level + elapsed * limit);
    atMillis = nowMillis;
    if (newLimit != limit) {
      level += (newLimit - limit) * PARTS;
      limit = newLimit;
    }
  }

  boolean has(long amount) {
    return level >= amount * PARTS;
  }

  void take(long amount) {
    level -= amount * PARTS;
  }

  void giveBack(long amount) {
    level = Math.min(limit * PARTS, level + amount * PARTS);
  }

  int limit() {
    return limit;
  }

  int remaining() {
    return (int) Math.max(0, level / PARTS);
  }

  /** Milliseconds until {@code amount} is there, rounded up; the amount is within the limit. */
  long millisUntil(long amount) {
    long missing = amount * PARTS - level;
    return missing <= 0 ? 0 : Math.ceilDiv(missing, Math.max(1, limit));
  }

  long millisUntilFull() {
    return millisUntil(limit);
  }
}
