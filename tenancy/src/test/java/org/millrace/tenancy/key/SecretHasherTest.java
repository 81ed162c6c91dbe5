package org.millrace.tenancy.key;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class SecretHasherTest {
  private final byte[] pepper =
      "a pepper of at least 32 bytes, really".getBytes(StandardCharsets.UTF_8);
  private final SecretHasher hasher = new SecretHasher(pepper);
  private final ApiKeyText key = ApiKeyText.generate(new Random(1));

  @Test
  void theHashIsHmacSha256UnderThePepperOverThePublicIdAndTheSecret()
      throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(pepper, "HmacSHA256"));
    String covered = "mlr_live_" + key.publicId() + "_" + key.secret();
    assertArrayEquals(mac.doFinal(covered.getBytes(StandardCharsets.US_ASCII)), hasher.hash(key));
  }

  @Test
  void everyBitOfTheHashCounts() {
    byte[] hash = hasher.hash(key);
    assertTrue(hasher.matches(key, hash));
    for (int bit = 0; bit < hash.length * 8; bit++) {
      byte[] other = hash.clone();
      other[bit / 8] ^= (byte) (1 << (bit % 8));
      assertFalse(hasher.matches(key, other), "bit " + bit);
    }
    assertFalse(hasher.matches(key, Arrays.copyOf(hash, 31)));
    assertFalse(hasher.matches(key, new byte[0]));
  }

  @Test
  void anotherPepperOrAnotherPublicIdGivesAnotherHash() {
    byte[] hash = hasher.hash(key);
    assertFalse(new SecretHasher(new byte[32]).matches(key, hash));
    assertFalse(hasher.matches(new ApiKeyText("000000000000", key.secret()), hash));
  }

  @Test
  void aShortPepperIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new SecretHasher(new byte[31]));
  }
}
