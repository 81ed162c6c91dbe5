package org.millrace.tenancy.api;

import org.jspecify.annotations.Nullable;

/**
 * Turns the key a client presents into a caller. Cached; a revoked key is refused within a second,
 * on every node.
 */
public interface KeyAuthenticator {
  /**
   * @param presentedKey {@code mlr_live_<public id>_<secret><checksum>}, or {@code null} where the
   *     client sent none
   * @throws TenancyException with {@link TenancyError#KEY_MISSING}, {@link
   *     TenancyError#KEY_INVALID} (malformed, unknown, wrong secret: told apart nowhere), {@link
   *     TenancyError#KEY_REVOKED} or {@link TenancyError#TENANT_SUSPENDED}
   */
  Caller authenticate(@Nullable String presentedKey);
}
