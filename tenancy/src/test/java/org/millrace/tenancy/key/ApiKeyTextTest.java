package org.millrace.tenancy.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeyTextTest {
  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  @Test
  void aKeyReadsBackAsItWasWritten() {
    Random random = new Random(1);
    for (int i = 0; i < 1_000; i++) {
      ApiKeyText key = ApiKeyText.generate(random);
      assertTrue(
          key.reveal().matches("mlr_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{40}[0-9A-Za-z]{6}"),
          key.reveal());
      assertEquals(Optional.of(key), ApiKeyText.parse(key.reveal()));
    }
  }

  @Test
  void everySingleWrongCharacterIsRefusedWithoutALookUp() {
    String key = ApiKeyText.generate(new Random(2)).reveal();
    for (int i = 0; i < key.length(); i++) {
      for (char c : DIGITS.toCharArray()) {
        if (c != key.charAt(i)) {
          String typo = key.substring(0, i) + c + key.substring(i + 1);
          assertTrue(ApiKeyText.parse(typo).isEmpty(), typo);
        }
      }
    }
  }

  @Test
  void twoNeighboursSwappedAreRefused() {
    String key = ApiKeyText.generate(new Random(3)).reveal();
    for (int i = 0; i + 1 < key.length(); i++) {
      if (key.charAt(i) != key.charAt(i + 1)) {
        String typo =
            key.substring(0, i) + key.charAt(i + 1) + key.charAt(i) + key.substring(i + 2);
        assertTrue(ApiKeyText.parse(typo).isEmpty(), typo);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "mlr_live_",
        "sk-1234",
        "Bearer mlr_live_x",
        "mlr_live_000000000000_0000000000000000000000000000000000000000é00000",
        "mlr_test_000000000000_0000000000000000000000000000000000000000000000"
      })
  void whatIsNoKeyIsRefused(String text) {
    assertTrue(ApiKeyText.parse(text).isEmpty());
  }

  @Test
  void aLongerKeyIsRefused() {
    String key = ApiKeyText.generate(new Random(4)).reveal();
    assertTrue(ApiKeyText.parse(key + "0").isEmpty());
    assertTrue(ApiKeyText.parse(key.repeat(10_000)).isEmpty());
  }

  @Test
  void theSecretIsNotInTheTextForLogs() {
    ApiKeyText key = ApiKeyText.generate(new Random(5));
    assertFalse(key.toString().contains(key.secret()));
    assertEquals("mlr_live_" + key.publicId(), key.prefix());
  }

  @Test
  void keysDiffer() {
    Random random = new Random(6);
    Set<String> publicIds = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      assertTrue(publicIds.add(ApiKeyText.generate(random).publicId()));
    }
  }
}
