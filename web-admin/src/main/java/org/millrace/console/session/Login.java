package org.millrace.console.session;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.security.enterprise.authentication.mechanism.http.OpenIdAuthenticationMechanismDefinition;
import jakarta.security.enterprise.authentication.mechanism.http.openid.ClaimsDefinition;
import jakarta.security.enterprise.authentication.mechanism.http.openid.LogoutDefinition;

/**
 * The authorization-code flow against Keycloak, for this web application alone.
 *
 * <p>The mechanism's own return to the original page replays the request and breaks Faces views, so
 * {@link Callback} redirects instead. Tokens are refreshed when they expire: a person who is locked
 * out at Keycloak loses the console within one token's life.
 */
@OpenIdAuthenticationMechanismDefinition(
    providerURI = "${oidcSettings.providerUri}",
    clientId = "${oidcSettings.clientId}",
    clientSecret = "${oidcSettings.clientSecret}",
    redirectURI = "${baseURL}/callback",
    redirectToOriginalResource = false,
    scope = {"openid", "profile", "email"},
    tokenAutoRefresh = true,
    jwksConnectTimeout = Login.JWKS_TIMEOUT_MILLIS,
    jwksReadTimeout = Login.JWKS_TIMEOUT_MILLIS,
    claimsDefinition =
        @ClaimsDefinition(callerNameClaim = "preferred_username", callerGroupsClaim = "groups"),
    logout =
        @LogoutDefinition(
            notifyProvider = true,
            redirectURI = "${baseURL}/signed-out",
            accessTokenExpiry = true))
@ApplicationScoped
public class Login {
  /** The default of half a second fails people's logins while Keycloak is busy or just starting. */
  static final int JWKS_TIMEOUT_MILLIS = 10_000;
}
