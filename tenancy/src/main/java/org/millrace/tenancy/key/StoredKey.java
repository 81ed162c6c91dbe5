package org.millrace.tenancy.key;

import org.millrace.tenancy.api.Caller;

/**
 * What the database knows of a key.
 *
 * @param secretHash see {@link SecretHasher}; not to be changed
 * @param caller who it is, if the secret fits
 */
@SuppressWarnings("ArrayRecordComponent") // never compared as a whole, only by SecretHasher
public record StoredKey(byte[] secretHash, boolean revoked, boolean suspended, Caller caller) {
  @Override
  public String toString() {
    return "StoredKey[" + caller.keyId() + "]";
  }
}
