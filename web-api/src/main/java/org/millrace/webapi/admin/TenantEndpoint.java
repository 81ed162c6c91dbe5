package org.millrace.webapi.admin;

import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.Limits;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.api.Tenants;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.http.Bodies;
import org.millrace.webapi.http.Call;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.json.Fields;

/** Tenants, their limits and projects. */
public final class TenantEndpoint {
  private final Actors actors;
  private final Bodies bodies;
  private final Tenants tenants;

  public TenantEndpoint(Actors actors, Bodies bodies, Tenants tenants) {
    this.actors = actors;
    this.bodies = bodies;
    this.tenants = tenants;
  }

  public Reply list(Call call) {
    var actor = actors.of(call);
    var offset = call.query("offset", 0, 0, 1_000_000);
    var limit = call.query("limit", 100, 1, 1_000);
    return Reply.json(
        AdminTrees.list(tenants.list(actor, offset, limit), AdminTrees::tenant).members());
  }

  public Reply one(Call call) {
    return Reply.json(AdminTrees.tenant(existing(actors.of(call), call)).members());
  }

  public Reply create(Call call) {
    var actor = actors.of(call);
    var body = Fields.of(bodies.json(call).members());
    var tenant = tenants.create(actor, body.required("slug").text(), body.required("name").text());
    return Reply.json(201, AdminTrees.tenant(tenant).members());
  }

  public Reply suspend(Call call) {
    var actor = actors.of(call);
    return Reply.json(
        AdminTrees.tenant(tenants.setSuspended(actor, call.pathId("tenant"), true)).members());
  }

  public Reply resume(Call call) {
    var actor = actors.of(call);
    return Reply.json(
        AdminTrees.tenant(tenants.setSuspended(actor, call.pathId("tenant"), false)).members());
  }

  /** Limits that are not given stay as they are. */
  public Reply changeLimits(Call call) {
    var actor = actors.of(call);
    var now = existing(actor, call).limits();
    var body = Fields.of(bodies.json(call).members());
    var limits =
        new Limits(
            limit(body, "requests_per_minute", now.requestsPerMinute()),
            limit(body, "tokens_per_minute", now.tokensPerMinute()),
            limit(body, "concurrent_sequences", now.concurrentSequences()),
            limit(body, "queued_requests", now.queuedRequests()));
    return Reply.json(
        AdminTrees.tenant(tenants.changeLimits(actor, call.pathId("tenant"), limits)).members());
  }

  private static int limit(Fields body, String name, int otherwise) {
    var limit = body.whole(name, 0, Integer.MAX_VALUE);
    return limit == null ? otherwise : limit;
  }

  public Reply projects(Call call) {
    var actor = actors.of(call);
    return Reply.json(
        AdminTrees.list(tenants.projects(actor, call.pathId("tenant")), AdminTrees::project)
            .members());
  }

  public Reply createProject(Call call) {
    var actor = actors.of(call);
    var body = Fields.of(bodies.json(call).members());
    var project = tenants.createProject(actor, call.pathId("tenant"), body.required("name").text());
    return Reply.json(201, AdminTrees.project(project).members());
  }

  private TenantView existing(Actor actor, Call call) {
    return existing(tenants, actor, call);
  }

  /** The tenant in the path, where the actor may see it. */
  static TenantView existing(Tenants tenants, Actor actor, Call call) {
    var id = call.pathId("tenant");
    return tenants
        .find(actor, id)
        .orElseThrow(() ->
            new ApiException(
                ApiError.NOT_FOUND, "There is no tenant '%s'.".formatted(id), "tenant"));
  }
}
