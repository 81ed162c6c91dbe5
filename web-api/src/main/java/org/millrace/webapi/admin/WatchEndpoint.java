package org.millrace.webapi.admin;

import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.ServingStatus;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.AuditTrail;
import org.millrace.webapi.http.Call;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.json.Tree;

/** What admins did, and what runs now. */
public final class WatchEndpoint {
  private final Actors actors;
  private final AuditTrail audit;
  private final ServingStatus status;

  public WatchEndpoint(Actors actors, AuditTrail audit, ServingStatus status) {
    this.actors = actors;
    this.audit = audit;
    this.status = status;
  }

  /**
   * Newest first; with {@code chain_whole}, which says whether every hash fits, for those who see
   * the whole platform.
   */
  public Reply audit(Call call) {
    var actor = actors.of(call);
    var limit = call.query("limit", 100, 1, 1_000);
    var entries = audit.list(actor, tenant(call), limit);
    var tree = AdminTrees.list(entries, AdminTrees::entry);
    return Reply.json(
        actor.tenantId() == null
            ? tree.with("chain_whole", audit.firstBroken().isEmpty()).members()
            : tree.members());
  }

  public Reply status(Call call) {
    Actors.requireAny(actors.of(call), Actor.PLATFORM_ADMIN, Actor.BILLING_ADMIN, Actor.AUDITOR);
    var now = status.snapshot();
    return Reply.json(
        Tree.of("object", "status")
            .with("at", now.at())
            .with("accepting", now.accepting())
            .with("queued_requests", now.queuedRequests())
            .with("queued_requests_max", now.queuedRequestsMax())
            .with("requests_total", now.requestsTotal())
            .with("refused_total", now.refusedTotal())
            .with("prompt_tokens_total", now.promptTokensTotal())
            .with("completion_tokens_total", now.completionTokensTotal())
            .with("replicas", now.replicas().stream().map(AdminTrees::replica).toList())
            .members());
  }

  private static @Nullable UUID tenant(Call call) {
    return call.query("tenant").map(text -> AdminTrees.id("tenant", text)).orElse(null);
  }
}
