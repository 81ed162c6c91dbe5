package org.millrace.serving.ejb;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

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
        .map(running -> running.health(starting != null))
        .ifPresent(health -> {
          reasons.addAll(health.reasons());
          lost.addAll(health.lost());
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
}
