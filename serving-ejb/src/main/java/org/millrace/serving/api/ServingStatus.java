package org.millrace.serving.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What runs now, for the console, the health checks, the metrics and a tenant's own view of its
 * requests.
 */
public interface ServingStatus {
  /** Counts of this server at this moment. */
  Snapshot snapshot();

  /**
   * A request of this tenant that runs or ended within the last minutes; older ones are in the
   * usage records.
   */
  Optional<RequestView> request(UUID tenantId, String requestId);

  /** This tenant's place in the queue. */
  QueueView queue(UUID tenantId);

  /** What the KV cache of each model holds for this tenant, as of its last step. */
  List<CacheView> cache(UUID tenantId);

  /** Requests and tokens a caller has left in this minute. */
  RateView rate(UUID tenantId);

  record Snapshot(
      Instant at,
      boolean accepting,
      int queuedRequests,
      int queuedRequestsMax,
      List<ReplicaView> replicas,
      long requestsTotal,
      long refusedTotal,
      long promptTokensTotal,
      long completionTokensTotal) {}

  /**
   * @param state {@code loading}, {@code serving}, {@code failed}, {@code draining} on its way out
   *     of service, or {@code unloaded}
   * @param tokensPerSecond computed tokens, averaged over the last seconds
   * @param note how far it is loaded, why it failed, what it waits for on its way out, or why it
   *     was unloaded; empty while it serves
   */
  record ReplicaView(
      String model,
      String device,
      String kernels,
      String state,
      int runningSequences,
      int waitingSequences,
      int kvBlocksUsed,
      int kvBlocksTotal,
      double tokensPerSecond,
      long steps,
      String note) {}

  /** State is queued, running, finished, cancelled or failed. */
  record RequestView(
      String requestId,
      String state,
      String model,
      int promptTokens,
      int cachedTokens,
      int completionTokens,
      @Nullable String cost,
      @Nullable String currency,
      @Nullable UUID holdId,
      @Nullable UUID transferId,
      Instant receivedAt,
      @Nullable Instant startedAt,
      @Nullable Instant firstTokenAt,
      @Nullable Instant finishedAt) {}

  record QueueView(
      int queuedRequests, int runningSequences, int position, double expectedWaitSeconds) {}

  /**
   * A tenant's part of a model's KV cache, of all its replicas together.
   *
   * @param totalBytes of the whole cache
   * @param cachedBytes kept for this tenant's next prompts, those that run now included
   * @param cachedBytesMax most that is kept for one tenant
   * @param requests the tenant's requests that hold part of it
   */
  record CacheView(
      String model,
      long totalBytes,
      long cachedBytes,
      long cachedBytesMax,
      List<RequestCacheView> requests) {}

  /**
   * @param heldBytes what the request's sequences run on; a block that two of them share counts
   *     twice
   * @param shareableBytes of those, what is in the prefix cache
   */
  record RequestCacheView(String requestId, long heldBytes, long shareableBytes) {}

  record RateView(
      int requestsLimit,
      int requestsRemaining,
      int tokensLimit,
      int tokensRemaining,
      double resetSeconds) {}
}
