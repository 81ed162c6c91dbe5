package org.millrace.tenancy.key;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * HMAC-SHA-256 under the server's pepper: who steals the database cannot check a guess. A slow
 * password hash is not needed, because a secret has 238 random bits. Thread-safe.
 */
public final class SecretHasher {
  public static final int PEPPER_BYTES_MIN = 32;
  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec pepper;

  public SecretHasher(byte[] pepper) {
    if (pepper.length < PEPPER_BYTES_MIN) {
      throw new IllegalArgumentException(
          "the pepper has %d bytes; it takes at least %d"
              .formatted(pepper.length, PEPPER_BYTES_MIN));
    }
    this.pepper = new SecretKeySpec(pepper, ALGORITHM);
  }

  public byte[] hash(ApiKeyText key) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(pepper);
      return mac.doFinal(key.signed().getBytes(StandardCharsets.US_ASCII));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }

  /** Takes the same time wherever the first difference is. */
  public boolean matches(ApiKeyText key, byte[] storedHash) {
    return MessageDigest.isEqual(hash(key), storedHash);
  }
}
