package org.millrace.tenancy.ejb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TenancyConfigTest {
  private static final String PEPPER = Base64.getEncoder().encodeToString(new byte[32]);

  @Test
  void theDefaultsAreThese() {
    TenancyConfig config = read(Map.of("millrace.key.pepper", PEPPER));
    assertEquals(32, config.pepper().length);
    assertEquals(10_000, config.cachedKeysMax());
  }

  @Test
  void allProblemsAreSaidAtOnce() {
    String message = refusal(Map.of("millrace.key.cached-keys-max", "none"));
    assertTrue(message.contains("millrace.key.pepper is not set"), message);
    assertTrue(message.contains("millrace.key.cached-keys-max is 'none'"), message);
  }

  @Test
  void aShortOrBrokenPepperIsRefusedWithoutShowingIt() {
    String shortPepper = Base64.getEncoder().encodeToString(new byte[15]);
    assertTrue(
        refusal(Map.of("millrace.key.pepper", shortPepper))
            .contains("has 15 bytes; it takes at least 32"));
    String message = refusal(Map.of("millrace.key.pepper", "$secret$"));
    assertTrue(message.contains("is not base64"), message);
    assertFalse(message.contains("$secret$"), message);
    assertFalse(read(Map.of("millrace.key.pepper", PEPPER)).toString().contains("AAAA"));
  }

  private static String refusal(Map<String, String> settings) {
    return assertThrows(IllegalStateException.class, () -> read(settings)).toString();
  }

  private static TenancyConfig read(Map<String, String> settings) {
    return TenancyConfig.read(key -> Optional.ofNullable(settings.get(key)));
  }
}
