package org.millrace.webapi.admin;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks bearer tokens of the identity provider. */
public interface Tokens {
  /**
   * What a good token says of a person.
   *
   * @param tenantSlug the one tenant of the person, {@code null} where the token names none
   */
  record Person(String subject, String name, Set<String> groups, @Nullable String tenantSlug) {}

  /**
   * @throws org.millrace.webapi.error.ApiException with {@code TOKEN_INVALID} where the token is
   *     not good now, {@code UNAVAILABLE} where the provider's keys cannot be had
   */
  Person check(@Nullable String bearerToken);
}
