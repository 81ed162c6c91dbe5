package org.millrace.serving.ejb;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.millrace.serving.batch.ModelReplicas;
import org.millrace.serving.batch.Replica;
import org.millrace.serving.model.ModelRegistry;
import org.millrace.serving.node.ServingNode;

/**
 * Ready: every configured model is served by a replica at least, the database answers, requests are
 * let in. Replicas that were given up beside one that serves are named all the same.
 */
@Readiness
@ApplicationScoped
public class ReadinessCheck implements HealthCheck {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private NodeBean node;

  @Override
  public HealthCheckResponse call() {
    List<String> reasons = new ArrayList<>();
    List<String> lost = new ArrayList<>();
    String starting = node.notReady();
    if (starting != null) {
      reasons.add(starting);
    }
    node.node()
        .ifPresent(running -> {
          addReasons(running, starting != null, reasons);
          running.models().forEach(model -> addReplicas(model, reasons, lost));
        });
    try {
      node.touchDatabase();
    } catch (RuntimeException e) {
      reasons.add("the database does not answer: " + e.getMessage());
    }
    var response = HealthCheckResponse.named("serving-ready").status(reasons.isEmpty());
    if (!reasons.isEmpty()) {
      response.withData("reason", String.join("; ", reasons));
    }
    if (!lost.isEmpty()) {
      response.withData("lost", String.join("; ", lost));
    }
    return response.build();
  }

  private static void addReplicas(ModelReplicas model, List<String> reasons, List<String> lost) {
    boolean serves = model.leastBusy().isPresent();
    for (Replica replica : model.all()) {
      if (replica.failed() != null) {
        (serves ? lost : reasons).add("model %s: %s".formatted(replica.model(), replica.failed()));
      }
    }
  }

  private static void addReasons(ServingNode running, boolean starting, List<String> reasons) {
    for (ModelRegistry.Failed failed : running.registry().failed()) {
      reasons.add("model %s: %s".formatted(failed.name(), failed.reason()));
    }
    if (!starting && running.registry().list().isEmpty()) {
      reasons.add("no model is served; set millrace.models");
    }
    if (!starting && !running.gate().isOpen()) {
      reasons.add(String.valueOf(running.gate().reason()));
    }
  }
}
