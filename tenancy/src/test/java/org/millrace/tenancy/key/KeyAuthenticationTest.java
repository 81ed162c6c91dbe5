package org.millrace.tenancy.key;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.millrace.tenancy.api.Caller;
import org.millrace.tenancy.api.Limits;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;

class KeyAuthenticationTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private final SecretHasher hasher = new SecretHasher(new byte[32]);
  private final KeyTableInMemory table = new KeyTableInMemory();
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // nanoTime may overflow
  private final LastUse lastUse = new LastUse(100);
  private final KeyCache cache = new KeyCache(table, nanos::get, 3);
  private final KeyAuthentication authentication =
      new KeyAuthentication(cache, hasher, lastUse, () -> NOW);
  private final Random random = new Random(7);

  @Test
  void aKnownKeyGivesItsCaller() {
    ApiKeyText key = table.add(false, false);
    Caller caller = authentication.authenticate(key.reveal());
    assertEquals(table.callerOf(key), caller);
    assertEquals(caller, authentication.authenticate("  " + key.reveal() + "\n"));
    assertEquals(List.of(new LastUse.Use(caller.keyId(), NOW)), lastUse.takeDue(NOW));
  }

  @Test
  void aMissingKeyIsToldApartFromAWrongOne() {
    assertEquals(TenancyError.KEY_MISSING, refusal(null).error());
    assertEquals(TenancyError.KEY_MISSING, refusal(" ").error());
    assertEquals(TenancyError.KEY_INVALID, refusal("x").error());
  }

  @Test
  void malformedUnknownAndWrongAreOneAnswerThatDoesNotRepeatTheKey() {
    ApiKeyText key = table.add(false, false);
    String wrongSecret =
        new ApiKeyText(key.publicId(), ApiKeyText.generate(random).secret()).reveal();
    String unknown = ApiKeyText.generate(random).reveal();
    String malformed = key.reveal().replace("mlr_live", "mlr_life");
    for (String presented : List.of(wrongSecret, unknown, malformed)) {
      TenancyException refusal = refusal(presented);
      assertEquals(TenancyError.KEY_INVALID, refusal.error());
      assertEquals(refusal("x").toString(), refusal.toString());
      assertFalse(refusal.toString().contains(presented.substring(9, 21)));
    }
    assertTrue(lastUse.takeDue(NOW).isEmpty());
  }

  @Test
  void aTypoAsksNobody() {
    refusal(ApiKeyText.generate(random).reveal().replaceAll(".$", "!"));
    assertEquals(0, table.questions);
  }

  @Test
  void whoDoesNotKnowTheSecretDoesNotLearnThatAKeyWasRevoked() {
    ApiKeyText revoked = table.add(true, false);
    assertEquals(TenancyError.KEY_REVOKED, refusal(revoked.reveal()).error());
    String guess =
        new ApiKeyText(revoked.publicId(), ApiKeyText.generate(random).secret()).reveal();
    assertEquals(TenancyError.KEY_INVALID, refusal(guess).error());
  }

  @Test
  void aSuspendedTenantsKeyIsRefused() {
    assertEquals(TenancyError.TENANT_SUSPENDED, refusal(table.add(false, true).reveal()).error());
  }

  @Test
  void aRevocationTakesEffectWithinASecondAndABusyKeyIsLookedUpOnceInThatTime() {
    ApiKeyText key = table.add(false, false);
    authentication.authenticate(key.reveal());
    table.revoke(key);
    nanos.addAndGet(700_000_000L);
    authentication.authenticate(key.reveal()); // still remembered
    assertEquals(1, table.questions);
    nanos.addAndGet(299_000_000L);
    assertEquals(TenancyError.KEY_REVOKED, refusal(key.reveal()).error());
  }

  @Test
  void theAgeOfAnAnswerCountsFromTheQuestion() {
    ApiKeyText key = table.add(false, false);
    table.onQuestion = () -> nanos.addAndGet(600_000_000L); // the database is slow
    authentication.authenticate(key.reveal());
    table.revoke(key);
    nanos.addAndGet(399_000_000L);
    assertEquals(TenancyError.KEY_REVOKED, refusal(key.reveal()).error());
  }

  @Test
  void aFloodOfInventedKeysIsBoundedAndPushesOutNoRealKey() {
    ApiKeyText key = table.add(false, false);
    authentication.authenticate(key.reveal());
    for (int i = 0; i < 100; i++) {
      refusal(ApiKeyText.generate(random).reveal());
    }
    assertTrue(cache.size() <= 6, "remembered " + cache.size());
    int before = table.questions;
    authentication.authenticate(key.reveal());
    assertEquals(before, table.questions);
  }

  @Test
  void anUnknownKeyIsLookedUpOnceInAWhile() {
    String unknown = ApiKeyText.generate(random).reveal();
    refusal(unknown);
    refusal(unknown);
    assertEquals(1, table.questions);
    nanos.addAndGet(1_000_000_000L);
    refusal(unknown);
    assertEquals(2, table.questions);
  }

  @Test
  void aDatabaseThatIsAwayIsSaidAndNotRemembered() {
    ApiKeyText key = table.add(false, false);
    table.onQuestion =
        () -> {
          throw new TenancyException(TenancyError.UNAVAILABLE, "away");
        };
    assertEquals(TenancyError.UNAVAILABLE, refusal(key.reveal()).error());
    table.onQuestion = () -> {};
    authentication.authenticate(key.reveal());
  }

  private TenancyException refusal(@Nullable String presented) {
    return assertThrows(TenancyException.class, () -> authentication.authenticate(presented));
  }

  private final class KeyTableInMemory implements KeyLookup {
    private final Map<String, StoredKey> rows = new HashMap<>();
    private Runnable onQuestion = () -> {};
    private int questions;

    ApiKeyText add(boolean revoked, boolean suspended) {
      ApiKeyText key = ApiKeyText.generate(random);
      Caller caller =
          new Caller(
              UUID.randomUUID(), "mill", UUID.randomUUID(), UUID.randomUUID(), Limits.defaults());
      rows.put(key.publicId(), new StoredKey(hasher.hash(key), revoked, suspended, caller));
      return key;
    }

    Caller callerOf(ApiKeyText key) {
      return row(key).caller();
    }

    void revoke(ApiKeyText key) {
      StoredKey old = row(key);
      rows.put(key.publicId(), new StoredKey(old.secretHash(), true, false, old.caller()));
    }

    private StoredKey row(ApiKeyText key) {
      return Optional.ofNullable(rows.get(key.publicId())).orElseThrow();
    }

    @Override
    public Optional<StoredKey> find(String publicId) {
      questions++;
      Optional<StoredKey> found = Optional.ofNullable(rows.get(publicId));
      onQuestion.run();
      return found;
    }
  }
}
