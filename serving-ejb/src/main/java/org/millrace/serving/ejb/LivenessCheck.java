package org.millrace.serving.ejb;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.millrace.serving.node.ServingNode;

/**
 * Live: every engine's loop runs, and where it has work it has lately finished a step. While the
 * server starts or stops there are no loops yet, or no more, and nothing is wrong with that.
 */
@Liveness
@ApplicationScoped
public class LivenessCheck implements HealthCheck {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private NodeBean node;

  @Override
  public HealthCheckResponse call() {
    var standstills =
        node.node()
            .filter(_ -> node.notReady() == null)
            .map(LivenessCheck::standstills)
            .orElse(List.of());
    var response = HealthCheckResponse.named("serving-live").status(standstills.isEmpty());
    if (!standstills.isEmpty()) {
      response.withData("reason", String.join("; ", standstills));
    }
    return response.build();
  }

  private static List<String> standstills(ServingNode running) {
    long now = Instant.now().toEpochMilli();
    return running.replicas().stream()
        .flatMap(
            replica -> replica.standstill(now, running.config().engine().stallTimeout()).stream())
        .toList();
  }
}
