package org.millrace.webapi.admin;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.lang.System.Logger.Level;
import java.net.MalformedURLException;
import java.net.URI;
import java.text.ParseException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;

/**
 * Access tokens of one OpenID Connect issuer: signature by its published keys (cached, refetched
 * when a key is new, at a bounded rate), issuer, audience, expiry. Asymmetric algorithms only, so
 * that no published key can be used as a shared secret. Thread-safe.
 */
public final class OidcTokens implements Tokens {
  private static final System.Logger LOG = System.getLogger(OidcTokens.class.getName());
  private static final int TIMEOUT_MILLIS = 3_000;
  private static final int KEYS_BYTES_MAX = 256 * 1024;
  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(JWSAlgorithm.RS256, JWSAlgorithm.PS256, JWSAlgorithm.ES256);

  private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();

  OidcTokens(JWKSource<SecurityContext> keys, String issuer, String audience) {
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys));
    processor.setJWTClaimsSetVerifier(
        new DefaultJWTClaimsVerifier<>(
            audience,
            new JWTClaimsSet.Builder().issuer(issuer).build(),
            Set.of("sub", "exp", "iat")));
  }

  /**
   * @param issuer the realm's URL, as tokens name it
   * @param audience whom a token must be meant for
   * @param keysUri where its keys are published
   */
  public static OidcTokens of(String issuer, String audience, URI keysUri) {
    try {
      var retriever = new DefaultResourceRetriever(TIMEOUT_MILLIS, TIMEOUT_MILLIS, KEYS_BYTES_MAX);
      return new OidcTokens(
          JWKSourceBuilder.<SecurityContext>create(keysUri.toURL(), retriever).build(),
          issuer,
          audience);
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException("'" + keysUri + "' is not a URL", e);
    }
  }

  @Override
  public Person check(@Nullable String bearerToken) {
    if (bearerToken == null) {
      throw refused("Send a token of the identity provider as 'Authorization: Bearer ...'.");
    }
    try {
      return person(processor.process(bearerToken, null));
    } catch (KeySourceException e) {
      LOG.log(Level.WARNING, "the identity provider's keys cannot be had", e);
      throw new ApiException(
          ApiError.UNAVAILABLE, "The identity provider does not answer; try again soon.");
    } catch (BadJOSEException e) {
      // The library's messages name the claim and not the token.
      throw refused("The token is not good: " + e.getMessage() + ".");
    } catch (ParseException | JOSEException e) {
      throw refused("The token is not a signed JSON web token.");
    }
  }

  private static Person person(JWTClaimsSet claims) throws ParseException {
    // An ID token tells a client who logged in; it is no key to an API.
    var type = claims.getStringClaim("typ");
    if (type != null && !type.equals("Bearer")) {
      throw refused("The token is a token of type '" + type + "'; expected an access token.");
    }
    var groups = claims.getStringListClaim("groups");
    var name = claims.getStringClaim("preferred_username");
    return new Person(
        claims.getSubject(),
        name == null ? claims.getSubject() : name,
        Set.copyOf(groups == null ? List.of() : groups),
        claims.getStringClaim("tenant"));
  }

  private static ApiException refused(String why) {
    return new ApiException(ApiError.TOKEN_INVALID, why);
  }
}
