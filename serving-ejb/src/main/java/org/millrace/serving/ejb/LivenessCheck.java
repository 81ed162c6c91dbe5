package org.millrace.serving.ejb;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.millrace.serving.batch.Replica;

/** Live: every engine that has work has lately finished a step. */
@Liveness
@ApplicationScoped
public class LivenessCheck implements HealthCheck {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private NodeBean node;

  @Override
  public HealthCheckResponse call() {
    var response = HealthCheckResponse.named("serving-live").up();
    node.node()
        .ifPresent(running -> {
          long now = Instant.now().toEpochMilli();
          for (Replica replica : running.replicas()) {
            long standsMillis = replica.gauges().waitingForProgressMillis(now);
            if (standsMillis > running.config().engine().stallTimeout().toMillis()) {
              response
                  .down()
                  .withData(
                      "reason",
                      "model %s has not finished a step for %d s"
                          .formatted(replica.model(), standsMillis / 1_000));
            }
          }
        });
    return response.build();
  }
}
