package org.millrace.serving.ejb;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Startup;

/**
 * Started: models are loaded or given up, an earlier run's requests are settled, the demo tenant is
 * there.
 */
@Startup
@ApplicationScoped
public class StartupCheck implements HealthCheck {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private NodeBean node;

  @Override
  public HealthCheckResponse call() {
    String reason = node.notReady();
    var response = HealthCheckResponse.named("serving-started").status(reason == null);
    if (reason != null) {
      response.withData("reason", reason);
    }
    return response.build();
  }
}
