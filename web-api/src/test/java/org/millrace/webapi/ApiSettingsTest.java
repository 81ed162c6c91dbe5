package org.millrace.webapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigValue;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.eclipse.microprofile.config.spi.Converter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.millrace.webapi.http.HttpLimits;

class ApiSettingsTest {
  @Test
  void theDefaultsAreThese() {
    var settings = ApiSettings.from(new MapConfig(Map.of()));
    assertEquals(
        new HttpLimits(4_194_304, Duration.ofSeconds(60), 4_096, Duration.ofSeconds(1)),
        settings.limits());
    assertEquals("millrace", settings.audience());
    assertTrue(settings.issuer().isEmpty());
    assertTrue(settings.keysUri().isEmpty());
  }

  @Test
  void theKeysAreWhereKeycloakHasThemUnlessSaidOtherwise() {
    var issuer = Map.of("millrace.oidc.provider-uri", "http://id/realms/m");
    assertEquals(
        Optional.of(URI.create("http://id/realms/m/protocol/openid-connect/certs")),
        ApiSettings.from(new MapConfig(issuer)).keysUri());
    var both =
        Map.of("millrace.oidc.provider-uri", "http://id", "millrace.oidc.keys-uri", "http://k");
    assertEquals(
        Optional.of(URI.create("http://k")), ApiSettings.from(new MapConfig(both)).keysUri());
  }

  @Test
  void aValueOutOfRangeIsNamedWithItsLimits() {
    var refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> ApiSettings.from(new MapConfig(Map.of("millrace.api.open-requests-max", "0"))));
    assertEquals(
        "millrace.api.open-requests-max is 0; it must be 1 to 100000", refusal.getMessage());
  }

  /** Only what the settings ask for. */
  private record MapConfig(Map<String, String> values) implements Config {
    @Override
    public <T> Optional<T> getOptionalValue(String name, Class<T> type) {
      var text = Optional.ofNullable(values.get(name));
      return type == Integer.class
          ? text.map(Integer::valueOf).map(type::cast)
          : text.map(type::cast);
    }

    @Override
    public <T> T getValue(String name, Class<T> type) {
      return getOptionalValue(name, type).orElseThrow();
    }

    @Override
    public ConfigValue getConfigValue(String name) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Iterable<String> getPropertyNames() {
      return values.keySet();
    }

    @Override
    public Iterable<ConfigSource> getConfigSources() {
      return List.of();
    }

    @Override
    public <T> Optional<Converter<T>> getConverter(Class<T> type) {
      return Optional.empty();
    }

    @Override
    public <T> @Nullable T unwrap(Class<T> type) {
      throw new UnsupportedOperationException();
    }
  }
}
