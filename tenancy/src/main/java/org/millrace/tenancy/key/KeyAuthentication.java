package org.millrace.tenancy.key;

import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.millrace.tenancy.api.Caller;
import org.millrace.tenancy.api.KeyAuthenticator;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;

/**
 * Checks a presented key. Says that a key was revoked only to who knows its secret. Thread-safe.
 */
public final class KeyAuthentication implements KeyAuthenticator {
  /**
   * Compared against where there is no such key, so that an unknown id takes as long as a wrong
   * secret.
   */
  private static final byte[] NO_HASH = new byte[32];

  private final KeyCache keys;
  private final SecretHasher hasher;
  private final LastUse lastUse;
  private final InstantSource clock;

  public KeyAuthentication(
      KeyCache keys, SecretHasher hasher, LastUse lastUse, InstantSource clock) {
    this.keys = keys;
    this.hasher = hasher;
    this.lastUse = lastUse;
    this.clock = clock;
  }

  @Override
  public Caller authenticate(@Nullable String presentedKey) {
    if (presentedKey == null || presentedKey.isBlank()) {
      throw new TenancyException(
          TenancyError.KEY_MISSING,
          "no API key was sent; send 'Authorization: Bearer mlr_live_...'");
    }
    ApiKeyText key = ApiKeyText.parse(presentedKey.strip()).orElseThrow(KeyAuthentication::invalid);
    StoredKey stored = keys.find(key.publicId()).orElse(null);
    boolean matches = hasher.matches(key, stored == null ? NO_HASH : stored.secretHash());
    if (stored == null || !matches) {
      throw invalid();
    }
    if (stored.revoked()) {
      throw new TenancyException(
          TenancyError.KEY_REVOKED, "API key " + key.prefix() + " was revoked; use another one");
    }
    if (stored.suspended()) {
      throw new TenancyException(
          TenancyError.TENANT_SUSPENDED,
          "tenant '" + stored.caller().tenantSlug() + "' is suspended; ask the platform's admin");
    }
    lastUse.note(stored.caller().keyId(), clock.instant());
    return stored.caller();
  }

  /** Malformed, unknown and wrong are one answer: no help for who guesses. */
  private static TenancyException invalid() {
    return new TenancyException(
        TenancyError.KEY_INVALID,
        "the API key is not valid; check that it was copied whole (mlr_live_..., %d characters)"
            .formatted(ApiKeyText.LENGTH));
  }
}
