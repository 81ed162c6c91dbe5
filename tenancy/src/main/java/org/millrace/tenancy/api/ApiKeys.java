package org.millrace.tenancy.api;

import java.util.List;
import java.util.UUID;

/** A tenant's API keys, for admins. Every change writes its audit row in the same transaction. */
public interface ApiKeys {
  /** Newest first, revoked ones included. */
  List<ApiKeyView> list(Actor actor, UUID tenantId);

  /** Creates a key. Its secret is in the answer and nowhere else: only an HMAC of it is stored. */
  CreatedKey create(Actor actor, UUID projectId, String name);

  /** Revokes for good; takes effect within a second. Revoking twice is not an error. */
  ApiKeyView revoke(Actor actor, UUID keyId);

  /**
   * @param key what is stored
   * @param secret the whole key, {@code mlr_live_...}: to be shown once
   */
  record CreatedKey(ApiKeyView key, String secret) {
    /** The secret must not reach a log. */
    @Override
    public String toString() {
      return "CreatedKey[" + key + ", secret=***]";
    }
  }
}
