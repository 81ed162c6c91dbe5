package org.millrace.billing.api;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * Reserve before the work, post after it. Each call is a short transaction of its own, or one
 * shared with others of the same tenant that wait at the same time. Every hold ends: settled,
 * released or expired; each of them once per request id, and a repeated call answers what the first
 * one answered.
 */
public interface Holds {
  /**
   * Reserves the worst case of a request from the tenant's credit.
   *
   * @throws BillingException with {@link BillingError#INSUFFICIENT_CREDIT}, {@link
   *     BillingError#NO_PRICE} or {@link BillingError#DUPLICATE_REQUEST} (the id was used for
   *     another request, or by another claim)
   */
  Hold place(HoldRequest request);

  /**
   * Posts what was used and releases the rest; writes the usage record in the same transaction. The
   * cost never exceeds the hold.
   *
   * @throws BillingException with {@link BillingError#UNKNOWN_HOLD} where there is none for this
   *     id, or {@link BillingError#HOLD_ENDED} where it was released or expired
   */
  Settlement settle(String requestId, Completion completion);

  /**
   * Releases all of a hold: nothing was delivered. Does nothing where it has already ended, nor
   * where another claim placed it.
   */
  void release(String requestId, long claim);

  /** Releases holds past their time; returns how many. */
  int expireOverdue();

  /**
   * Holds not yet ended, oldest first, at most {@code limit}; all tenants. For recovery after a
   * crash.
   */
  List<Hold> open(int limit);

  /**
   * @param requestId idempotency: one hold per id
   * @param claim whose placement this is. A client may bring the same id to two servers at once;
   *     the hold is the first one's, and the other is refused, whatever their clocks say
   * @param keyId the API key used
   * @param worstCase the most the request can use
   * @param timeout after which the hold expires by itself
   */
  record HoldRequest(
      String requestId,
      long claim,
      UUID tenantId,
      UUID projectId,
      UUID keyId,
      String model,
      TokenUsage worstCase,
      Duration timeout) {}

  /** A pending transfer. */
  record Hold(
      UUID holdId,
      String requestId,
      UUID tenantId,
      String model,
      Money amount,
      Instant expiresAt) {}

  /**
   * How a request ended, for the usage record.
   *
   * @param usage what was used, at most the worst case
   * @param outcome {@code finished}, {@code cancelled} or {@code failed}
   * @param startedAt when the first step ran
   * @param finishedAt when the last token was drawn
   */
  record Completion(TokenUsage usage, String outcome, Instant startedAt, Instant finishedAt) {}

  /** What was posted. */
  record Settlement(UUID holdId, UUID transferId, Money cost, Money released) {}
}
