package org.millrace.tenancy.key;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32;

/**
 * A key as text: {@code mlr_live_<public id>_<secret><checksum>}. The fixed prefix lets scanners
 * find a leaked key; the public id finds its row; the checksum (CRC-32 of all before it, base 62)
 * refuses a typo without a look-up.
 *
 * @param publicId 12 characters, not secret
 * @param secret 40 characters, about 238 bits
 */
public record ApiKeyText(String publicId, String secret) {
  public static final String PREFIX = "mlr_live_";
  static final int PUBLIC_ID_LENGTH = 12;
  static final int SECRET_LENGTH = 40;
  static final int CHECKSUM_LENGTH = 6;
  static final int LENGTH =
      PREFIX.length() + PUBLIC_ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH;

  /** A new key; {@code random} must be cryptographically strong. */
  public static ApiKeyText generate(RandomGenerator random) {
    return new ApiKeyText(
        Base62.random(random, PUBLIC_ID_LENGTH), Base62.random(random, SECRET_LENGTH));
  }

  /** Reads what a client presents; empty where it cannot be a key. */
  public static Optional<ApiKeyText> parse(String presented) {
    if (presented.length() != LENGTH || !presented.startsWith(PREFIX)) {
      return Optional.empty();
    }
    int publicIdEnd = PREFIX.length() + PUBLIC_ID_LENGTH;
    int secretEnd = publicIdEnd + 1 + SECRET_LENGTH;
    String publicId = presented.substring(PREFIX.length(), publicIdEnd);
    String secret = presented.substring(publicIdEnd + 1, secretEnd);
    if (presented.charAt(publicIdEnd) != '_'
        || !Base62.isAll(publicId)
        || !Base62.isAll(secret)
        || !presented.substring(secretEnd).equals(checksum(presented.substring(0, secretEnd)))) {
      return Optional.empty();
    }
    return Optional.of(new ApiKeyText(publicId, secret));
  }

  /** The part that may be shown. */
  public String prefix() {
    return PREFIX + publicId;
  }

  /** The whole key, with the secret. */
  public String reveal() {
    String body = signed();
    return body + checksum(body);
  }

  /**
   * What the stored HMAC covers: the public id too, so that a hash cannot be moved to another key's
   * row.
   */
  String signed() {
    return prefix() + "_" + secret;
  }

  private static String checksum(String body) {
    CRC32 crc = new CRC32();
    crc.update(body.getBytes(StandardCharsets.US_ASCII));
    return Base62.encode(crc.getValue(), CHECKSUM_LENGTH);
  }

  /** The secret must not reach a log. */
  @Override
  public String toString() {
    return prefix() + "_***";
  }
}
