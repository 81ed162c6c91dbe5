package org.millrace.tenancy.api;

/**
 * What a tenant may use at most. Everything is bounded: there is no "unlimited".
 *
 * @param requestsPerMinute API requests in any minute
 * @param tokensPerMinute prompt and generated tokens in any minute
 * @param concurrentSequences sequences that run or wait at one time
 * @param queuedRequests requests that wait at one time
 */
public record Limits(
    int requestsPerMinute, int tokensPerMinute, int concurrentSequences, int queuedRequests) {

  /** What a new tenant gets. */
  public static Limits defaults() {
    return new Limits(6_000, 2_000_000, 64, 256);
  }
}
