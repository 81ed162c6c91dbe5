package org.millrace.webapi.admin;

import java.util.UUID;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.ApiKeys;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.api.Tenants;
import org.millrace.webapi.http.Bodies;
import org.millrace.webapi.http.Call;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.json.Fields;

/** A tenant's API keys. */
public final class KeyEndpoint {
  private static final String PROJECT_DEFAULT = "default";

  private final Actors actors;
  private final Bodies bodies;
  private final Tenants tenants;
  private final ApiKeys keys;

  public KeyEndpoint(Actors actors, Bodies bodies, Tenants tenants, ApiKeys keys) {
    this.actors = actors;
    this.bodies = bodies;
    this.tenants = tenants;
    this.keys = keys;
  }

  public Reply list(Call call) {
    var actor = actors.of(call);
    return Reply.json(
        AdminTrees.list(keys.list(actor, call.pathId("tenant")), AdminTrees::key).members());
  }

  /** The secret is in this answer and nowhere else. */
  public Reply create(Call call) {
    var actor = actors.of(call);
    var body = Fields.of(bodies.json(call).members());
    var name = body.required("name").text();
    var created = keys.create(actor, project(actor, call, body), name);
    return Reply.json(
        201, AdminTrees.key(created.key()).with("secret", created.secret()).members());
  }

  public Reply revoke(Call call) {
    var actor = actors.of(call);
    return Reply.json(AdminTrees.key(keys.revoke(actor, call.pathId("key"))).members());
  }

  /**
   * The project that is named, by id or name, else the one that every tenant starts with. It must
   * be one of the tenant in the path.
   */
  private UUID project(Actor actor, Call call, Fields body) {
    var wanted = body.text("project");
    var project = wanted == null ? PROJECT_DEFAULT : wanted;
    return tenants.projects(actor, call.pathId("tenant")).stream()
        .filter(each -> each.name().equals(project) || each.id().toString().equals(project))
        .map(ProjectView::id)
        .findFirst()
        .orElseThrow(
            () -> body.value("project").invalid("the tenant has no project '" + project + "'."));
  }
}
