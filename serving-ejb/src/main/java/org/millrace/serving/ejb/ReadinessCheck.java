package org.millrace.serving.ejb;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.millrace.serving.batch.Replica;
import org.millrace.serving.model.ModelRegistry;
import org.millrace.serving.node.ServingNode;

/** Ready: every configured model serves, the database answers, requests are let in. */
@Readiness
@ApplicationScoped
public class ReadinessCheck implements HealthCheck {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private NodeBean node;

  @Override
  public HealthCheckResponse call() {
    List<String> reasons = new ArrayList<>();
    String starting = node.notReady();
    if (starting != null) {
      reasons.add(starting);
    }
    node.node().ifPresent(running -> addReasons(running, starting != null, reasons));
    try {
      node.touchDatabase();
    } catch (RuntimeException e) {
      reasons.add("the database does not answer: " + e.getMessage());
    }
    var response = HealthCheckResponse.named("serving-ready").status(reasons.isEmpty());
    if (!reasons.isEmpty()) {
      response.withData("reason", String.join("; ", reasons));
    }
    return response.build();
  }

  private static void addReasons(ServingNode running, boolean starting, List<String> reasons) {
    for (ModelRegistry.Failed failed : running.registry().failed()) {
      reasons.add("model %s: %s".formatted(failed.name(), failed.reason()));
    }
    for (Replica replica : running.replicas()) {
      if (replica.failed() != null) {
        reasons.add("model %s: %s".formatted(replica.model(), replica.failed()));
      }
    }
    if (!starting && running.registry().list().isEmpty()) {
      reasons.add("no model is served; set millrace.models");
    }
    if (!starting && !running.gate().isOpen()) {
      reasons.add(String.valueOf(running.gate().reason()));
    }
  }
}
