package org.millrace.launcher.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class AdminKeyFileTest {
  /** The line Payara is delivered with, for an empty password. */
  private static final String DELIVERED =
      "27Nv0BTvkPdBpYuWJgtDj3hg/sWSRcCd4KQrT7m5PKt0kvVl+Z/n3Q==";

  @Test
  void theDigestIsPayarasOwn() {
    var bytes = Base64.getDecoder().decode(DELIVERED);
    var salt = Arrays.copyOfRange(bytes, 32, 40);
    assertEquals("admin;{SSHA256}" + DELIVERED + ";asadmin\n", AdminKeyFile.content("", salt));
  }

  @Test
  void everyFileHasASaltOfItsOwn() {
    var random = new SecureRandom();
    assertNotEquals(AdminKeyFile.content("secret", random), AdminKeyFile.content("secret", random));
  }
}
