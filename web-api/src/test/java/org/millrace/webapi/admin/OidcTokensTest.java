package org.millrace.webapi.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;

class OidcTokensTest {
  private static final String ISSUER = "https://id.example/realms/millrace";
  private static RSAKey key;
  private static RSAKey stranger;
  private static OidcTokens tokens;

  @BeforeAll
  static void keys() throws JOSEException {
    key = new RSAKeyGenerator(2048).keyID("k1").generate();
    stranger = new RSAKeyGenerator(2048).keyID("k1").generate();
    tokens =
        new OidcTokens(new ImmutableJWKSet<>(new JWKSet(key.toPublicJWK())), ISSUER, "millrace");
  }

  @Test
  void aGoodTokenSaysWhoItIs() throws JOSEException {
    var person = tokens.check(signed(claims().build(), new RSASSASigner(key)));
    assertEquals(new Tokens.Person("s1", "ann", Set.of("platform-admin"), "acme"), person);
  }

  @Test
  void aTokenOfAnotherSignerIsRefused() throws JOSEException {
    refused(signed(claims().build(), new RSASSASigner(stranger)));
  }

  @Test
  void anExpiredTokenIsRefused() throws JOSEException {
    var old = claims().expirationTime(Date.from(Instant.now().minusSeconds(3_600))).build();
    refused(signed(old, new RSASSASigner(key)));
  }

  @Test
  void aTokenWithoutAnEndIsRefused() throws JOSEException {
    refused(signed(claims().expirationTime(null).build(), new RSASSASigner(key)));
  }

  @Test
  void aTokenOfAnotherIssuerIsRefused() throws JOSEException {
    refused(signed(claims().issuer("https://evil.example").build(), new RSASSASigner(key)));
  }

  @Test
  void aTokenForAnotherAudienceIsRefused() throws JOSEException {
    refused(signed(claims().audience("account").build(), new RSASSASigner(key)));
  }

  @Test
  void anIdTokenIsNoAccessToken() throws JOSEException {
    refused(signed(claims().claim("typ", "ID").build(), new RSASSASigner(key)));
  }

  @Test
  void anUnsignedTokenIsRefused() {
    refused(new PlainJWT(claims().build()).serialize());
  }

  @Test
  void thePublicKeyIsNoSharedSecret() throws JOSEException {
    var forged =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("k1").build(), claims().build());
    forged.sign(new MACSigner(key.toRSAPublicKey().getEncoded()));
    refused(forged.serialize());
  }

  @Test
  void garbageIsRefusedAndNotRepeated() {
    for (var text : List.of("", "x", "a.b.c", "mlr_live_secret")) {
      var refusal = refused(text);
      assertFalse(refusal.getMessage().contains("mlr_live_secret"));
    }
    refused(null);
  }

  private static ApiException refused(@Nullable String token) {
    var refusal = assertThrows(ApiException.class, () -> tokens.check(token));
    assertEquals(ApiError.TOKEN_INVALID, refusal.error());
    return refusal;
  }

  private static JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer(ISSUER)
        .subject("s1")
        .audience("millrace")
        .issueTime(new Date())
        .expirationTime(Date.from(Instant.now().plusSeconds(300)))
        .claim("typ", "Bearer")
        .claim("preferred_username", "ann")
        .claim("groups", List.of("platform-admin"))
        .claim("tenant", "acme");
  }

  private static String signed(JWTClaimsSet claims, JWSSigner signer) throws JOSEException {
    var token =
        new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("k1").build(), claims);
    token.sign(signer);
    return token.serialize();
  }
}
