package org.millrace.billing.ejb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class BillingConfigTest {
  @Test
  void theDefaultsAreThese() {
    assertEquals(new BillingConfig("EUR"), BillingConfig.read(key -> Optional.empty()));
  }

  @Test
  void aCurrencyThatIsNoneIsRefused() {
    String message =
        assertThrows(
                IllegalStateException.class, () -> BillingConfig.read(key -> Optional.of("euro")))
            .toString();
    assertTrue(message.contains("millrace.billing.currency is 'euro'"), message);
  }
}
