package org.millrace.webapi.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.UUID;
import java.util.regex.Pattern;

/** Ids of requests: {@code req_} and 128 bits in hexadecimal. */
public final class RequestIds {
  private static final Pattern SHAPE = Pattern.compile("req_[0-9a-f]{32}");
  private static final SecureRandom RANDOM = new SecureRandom();

  private RequestIds() {}

  public static String fresh() {
    var bits = new byte[16];
    RANDOM.nextBytes(bits);
    return "req_" + HexFormat.of().formatHex(bits);
  }

  /**
   * The id that a tenant's idempotency key stands for, always the same: the ledger's "one hold per
   * request id" then holds over restarts and nodes too.
   */
  public static String of(UUID tenantId, String idempotencyKey) {
    var digest = sha256((tenantId + "\n" + idempotencyKey).getBytes(StandardCharsets.UTF_8));
    return "req_" + HexFormat.of().formatHex(digest, 0, 16);
  }

  public static boolean isOne(String text) {
    return SHAPE.matcher(text).matches();
  }

  static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
