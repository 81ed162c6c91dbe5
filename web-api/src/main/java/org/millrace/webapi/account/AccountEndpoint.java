package org.millrace.webapi.account;

import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Credits;
import org.millrace.billing.api.UsageRecords;
import org.millrace.serving.api.ServingStatus;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.http.Call;
import org.millrace.webapi.http.Gate;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.http.RequestIds;
import org.millrace.webapi.json.Tree;

/**
 * {@code GET /v1/millrace/...}: a tenant's own requests, balance, place in the queue and part of
 * the cache.
 */
public final class AccountEndpoint {
  private final Gate gate;
  private final ServingStatus status;
  private final UsageRecords usage;
  private final Credits credits;

  public AccountEndpoint(Gate gate, ServingStatus status, UsageRecords usage, Credits credits) {
    this.gate = gate;
    this.status = status;
    this.usage = usage;
    this.credits = credits;
  }

  /** Another tenant's request is not told apart from one that never was. */
  public Reply request(Call call) {
    var tenantId = gate.admit(call).tenantId();
    var id = call.pathValue("id");
    return find(tenantId, id)
        .map(tree -> Reply.json(tree.members()))
        .orElseThrow(() ->
            new ApiException(
                ApiError.NOT_FOUND,
                "There is no request '%s' of yours that was admitted."
                    .formatted(id.length() <= 80 ? id : id.substring(0, 80) + "..."),
                "id"));
  }

  private Optional<Tree> find(UUID tenantId, String id) {
    if (!RequestIds.isOne(id)) {
      return Optional.empty();
    }
    var live = status.request(tenantId, id);
    // While it runs only serving knows; after it the ledger is the truth, on every node and after a
    // restart.
    if (live.isPresent() && live.get().finishedAt() == null) {
      return live.map(RequestTrees::of);
    }
    var billed = usage.find(tenantId, id);
    if (billed.isPresent()) {
      return Optional.of(RequestTrees.of(billed.get(), live));
    }
    return live.map(RequestTrees::of);
  }

  public Reply balance(Call call) {
    var balance = credits.balance(gate.admit(call).tenantId());
    return Reply.json(BalanceTrees.of(balance).members());
  }

  public Reply cache(Call call) {
    var views = status.cache(gate.admit(call).tenantId());
    return Reply.json(
        Tree.of("object", "list")
            .with("data", views.stream().map(AccountEndpoint::cache).toList())
            .members());
  }

  private static Map<String, @Nullable Object> cache(ServingStatus.CacheView view) {
    return Tree.of("object", "cache")
        .with("model", view.model())
        .with("total_bytes", view.totalBytes())
        .with("cached_bytes", view.cachedBytes())
        .with("cached_bytes_max", view.cachedBytesMax())
        .with(
            "requests",
            view.requests().stream()
                .map(request ->
                    Tree.of("request_id", request.requestId())
                        .with("held_bytes", request.heldBytes())
                        .with("shareable_bytes", request.shareableBytes())
                        .members())
                .toList())
        .members();
  }

  public Reply queue(Call call) {
    var caller = gate.admit(call);
    var queue = status.queue(caller.tenantId());
    var limits = caller.limits();
    return Reply.json(
        Tree.of("object", "queue")
            .with("queued_requests", queue.queuedRequests())
            .with("running_sequences", queue.runningSequences())
            .with("position", queue.position())
            .with("expected_wait_seconds", queue.expectedWaitSeconds())
            .with(
                "limits",
                Tree.of("requests_per_minute", limits.requestsPerMinute())
                    .with("tokens_per_minute", limits.tokensPerMinute())
                    .with("concurrent_sequences", limits.concurrentSequences())
                    .with("queued_requests", limits.queuedRequests())
                    .members())
            .members());
  }
}
