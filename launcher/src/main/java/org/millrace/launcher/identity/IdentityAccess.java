package org.millrace.launcher.identity;

import java.util.LinkedHashMap;
import java.util.Map;

/** What the application must know about who logs people in. */
public record IdentityAccess(String issuer, String clientId, String clientSecret) {
  /**
   * As environment variables of the application server; MicroProfile Config maps them to {@code
   * millrace.oidc.*} and {@code mp.jwt.verify.*}.
   */
  public Map<String, String> environment() {
    var environment = new LinkedHashMap<String, String>();
    environment.put("MILLRACE_OIDC_ISSUER", issuer);
    environment.put("MILLRACE_OIDC_PROVIDER_URI", issuer);
    environment.put("MILLRACE_OIDC_CLIENT_ID", clientId);
    environment.put("MILLRACE_OIDC_CLIENT_SECRET", clientSecret);
    environment.put("MP_JWT_VERIFY_ISSUER", issuer);
    environment.put("MP_JWT_VERIFY_PUBLICKEY_LOCATION", issuer + "/protocol/openid-connect/certs");
    return environment;
  }

  @Override
  public String toString() {
    return issuer + " as " + clientId;
  }
}
