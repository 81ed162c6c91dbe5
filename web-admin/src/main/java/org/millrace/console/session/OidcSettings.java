package org.millrace.console.session;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Where people log in. Read by {@link Login}, whose annotation can only name expressions. Empty
 * where Millrace runs without a console: the application must then still deploy, because the API is
 * in the same archive.
 */
@Named
@ApplicationScoped
public class OidcSettings {
  @Inject
  @ConfigProperty(name = "millrace.oidc.provider-uri")
  Optional<String> providerUri;

  @Inject
  @ConfigProperty(name = "millrace.oidc.client-id", defaultValue = "millrace-console")
  String clientId;

  @Inject
  @ConfigProperty(name = "millrace.oidc.client-secret")
  Optional<String> clientSecret;

  /** The realm's issuer URL. */
  public String getProviderUri() {
    return providerUri.orElse("");
  }

  public String getClientId() {
    return clientId;
  }

  public String getClientSecret() {
    return clientSecret.orElse("");
  }
}
