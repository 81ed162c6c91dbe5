package org.millrace.webapi.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.ejb.EJBException;
import java.util.Arrays;
import java.util.HashSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;

class ApiErrorTest {
  @Test
  void everyErrorHasACodeOfItsOwn() {
    var codes = new HashSet<>(Arrays.stream(ApiError.values()).map(ApiError::code).toList());
    assertEquals(ApiError.values().length, codes.size());
  }

  @ParameterizedTest
  @CsvSource({
    "MODEL_NOT_FOUND, 404",
    "INVALID_PARAMETER, 400",
    "CONTEXT_LENGTH_EXCEEDED, 400",
    "RATE_LIMITED, 429",
    "QUEUE_FULL, 503",
    "DEADLINE_EXCEEDED, 503",
    "INSUFFICIENT_CREDIT, 402",
    "SHUTTING_DOWN, 503",
    "ENGINE_FAILED, 500",
    "MODEL_UNAVAILABLE, 503",
    "BILLING_UNAVAILABLE, 503",
    "DUPLICATE_REQUEST, 409"
  })
  void everyRefusalOfServingHasItsStatus(ServingError error, int status) {
    var refusal = Refusals.toApi(new ServingException(error, "why"), "req_1");
    assertEquals(status, refusal.error().status());
    assertEquals("why", refusal.getMessage());
  }

  @ParameterizedTest
  @EnumSource(TenancyError.class)
  void noRefusalOfTenancyIsA500(TenancyError error) {
    assertTrue(Refusals.toApi(new TenancyException(error, "why"), "req_1").error().status() != 500);
  }

  @ParameterizedTest
  @EnumSource(BillingError.class)
  void noRefusalOfBillingIsA500(BillingError error) {
    assertTrue(Refusals.toApi(new BillingException(error, "why"), "req_1").error().status() != 500);
  }

  @Test
  void onlyRateIsA429() {
    assertEquals(
        1, Arrays.stream(ApiError.values()).filter(error -> error.status() == 429).count());
  }

  @Test
  void aRefusalInsideABeansExceptionIsFound() {
    var inner = new BillingException(BillingError.INSUFFICIENT_CREDIT, "no money");
    assertEquals(402, Refusals.toApi(new EJBException("x", inner), "req_1").error().status());
  }

  @Test
  void whoIsToComeBackIsToldWhen() {
    for (var error : ApiError.values()) {
      var headers = new ApiException(error, "x").headers();
      assertEquals(
          error.status() == 429 || error.status() == 503, headers.containsKey("Retry-After"));
      assertEquals(error.status() == 401, headers.containsKey("WWW-Authenticate"));
    }
    assertFalse(new ApiException(ApiError.NOT_FOUND, "x").headers().containsKey("Retry-After"));
  }
}
