package org.millrace.webapi.admin;

import java.time.Duration;
import org.millrace.serving.api.ModelControl;
import org.millrace.serving.api.ServingStatus;
import org.millrace.webapi.http.Bodies;
import org.millrace.webapi.http.Call;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.json.Fields;
import org.millrace.webapi.json.Tree;

/** Takes models out of service and back. */
public final class ServiceEndpoint {
  private static final int GRACE_SECONDS_MAX = 86_400;
  private static final int GRACE_SECONDS_DEFAULT = 1_800;

  private final Actors actors;
  private final Bodies bodies;
  private final ModelControl control;
  private final ServingStatus status;

  public ServiceEndpoint(Actors actors, Bodies bodies, ModelControl control, ServingStatus status) {
    this.actors = actors;
    this.bodies = bodies;
    this.control = control;
    this.status = status;
  }

  /** Says what is wanted; answers with the model's replicas as they are now. */
  public Reply change(Call call) {
    var actor = actors.of(call);
    var model = call.pathValue("model");
    var body = Fields.of(bodies.json(call).members());
    var grace = body.whole("grace_seconds", 0, GRACE_SECONDS_MAX);
    if (body.required("in_service").flag()) {
      control.load(actor, model);
    } else {
      control.unload(
          actor, model, Duration.ofSeconds(grace == null ? GRACE_SECONDS_DEFAULT : grace));
    }
    var replicas =
        status.snapshot().replicas().stream()
            .filter(replica -> replica.model().equals(model))
            .toList();
    return Reply.json(
        202,
        Tree.of("object", "list")
            .with("data", replicas.stream().map(AdminTrees::replica).toList())
            .members());
  }
}
