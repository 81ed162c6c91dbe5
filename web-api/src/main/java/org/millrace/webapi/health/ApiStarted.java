package org.millrace.webapi.health;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Startup;

/**
 * The API is deployed. Payara looks for health checks only in applications that have one in a WAR:
 * without this one it would not ask those of the serving module either, and would call a server
 * ready that has not loaded its models.
 */
@Startup
@ApplicationScoped
public class ApiStarted implements HealthCheck {
  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.up("api-started");
  }
}
