package org.millrace.launcher.server;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * Payara's {@code admin-keyfile}: without it anybody on the machine could administrate the server,
 * whose password is empty as it comes.
 */
final class AdminKeyFile {
  private static final int SALT_BYTES = 8;
  private static final int ROUNDS = 100;

  private AdminKeyFile() {}

  static String content(String password, SecureRandom random) {
    var salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    return content(password, salt);
  }

  /**
   * Payara's own {SSHA256}: password and salt digested, the digest digested again, a hundred times
   * in all; then the salt in clear.
   */
  static String content(String password, byte[] salt) {
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      sha.update(password.getBytes(StandardCharsets.UTF_8));
      var digest = sha.digest(salt);
      for (int round = 1; round < ROUNDS; round++) {
        digest = sha.digest(digest);
      }
      var both = java.util.Arrays.copyOf(digest, digest.length + salt.length);
      System.arraycopy(salt, 0, both, digest.length, salt.length);
      return "admin;{SSHA256}" + Base64.getEncoder().encodeToString(both) + ";asadmin\n";
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
