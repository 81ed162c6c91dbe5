package org.millrace.webapi;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;
import org.millrace.webapi.http.HttpLimits;

/**
 * The configuration of this module.
 *
 * <table>
 *   <caption>Keys</caption>
 *   <tr><td>{@code millrace.api.body-bytes-max}</td><td>the longest request body, 4 MiB</td></tr>
 *   <tr><td>{@code millrace.api.body-seconds}</td><td>for a whole body to arrive, 60</td></tr>
 *   <tr><td>{@code millrace.api.open-requests-max}</td><td>answered at one time, 4096</td></tr>
 *   <tr><td>{@code millrace.api.heartbeat-millis}</td><td>between comments on a silent stream, 1000</td></tr>
 *   <tr><td>{@code millrace.oidc.provider-uri}</td><td>the issuer of admins' tokens; without it the admin API refuses everyone</td></tr>
 *   <tr><td>{@code millrace.oidc.audience}</td><td>whom those tokens must be meant for, {@code millrace}</td></tr>
 *   <tr><td>{@code millrace.oidc.keys-uri}</td><td>where its keys are; by default where Keycloak has them</td></tr>
 * </table>
 */
record ApiSettings(
    HttpLimits limits, Optional<String> issuer, String audience, Optional<URI> keysUri) {

  static ApiSettings from(Config config) {
    var issuer = config.getOptionalValue("millrace.oidc.provider-uri", String.class);
    var limits =
        new HttpLimits(
            number(config, "millrace.api.body-bytes-max", 4 * 1024 * 1024, 1024, 256 << 20),
            Duration.ofSeconds(number(config, "millrace.api.body-seconds", 60, 1, 3_600)),
            number(config, "millrace.api.open-requests-max", 4_096, 1, 100_000),
            Duration.ofMillis(number(config, "millrace.api.heartbeat-millis", 1_000, 100, 30_000)));
    return new ApiSettings(
        limits,
        issuer,
        config.getOptionalValue("millrace.oidc.audience", String.class).orElse("millrace"),
        config
            .getOptionalValue("millrace.oidc.keys-uri", String.class)
            .or(() -> issuer.map(uri -> uri + "/protocol/openid-connect/certs"))
            .map(URI::create));
  }

  private static int number(Config config, String key, int otherwise, int min, int max) {
    int value = config.getOptionalValue(key, Integer.class).orElse(otherwise);
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s is %d; it must be %d to %d".formatted(key, value, min, max));
    }
    return value;
  }
}
