package org.millrace.tenancy.key;

import java.util.Optional;

/** Finds a key by its public id. */
@FunctionalInterface
public interface KeyLookup {
  /**
   * Asks the database.
   *
   * @throws org.millrace.tenancy.api.TenancyException with {@code UNAVAILABLE} where it does not
   *     answer
   */
  Optional<StoredKey> find(String publicId);
}
