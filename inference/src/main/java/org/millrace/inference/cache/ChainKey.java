package org.millrace.inference.cache;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a cached block is found by: a hash over its owner, every token before it and its own. 256
 * bits, so that two different beginnings do not meet by accident.
 */
record ChainKey(long a, long b, long c, long d) {

  private static ChainKey of(byte[] digest) {
    ByteBuffer bytes = ByteBuffer.wrap(digest);
    return new ChainKey(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
  }

  /** Makes keys. One thread at a time. */
  interface Maker {
    /** The key before an owner's first block. */
    ChainKey root(UUID owner);

    /** The key of the block of {@code count} tokens that follows {@code parent}. */
    ChainKey next(ChainKey parent, int[] tokens, int from, int count);
  }

  /**
   * SHA-256 over parent and tokens; an owner's root is an HMAC of its id under a secret, so that
   * without the secret nobody can say which key a text has.
   */
  static final class Sha256 implements Maker {
    private final Mac roots;
    private final MessageDigest digest;

    Sha256(byte[] secret) {
      try {
        roots = Mac.getInstance("HmacSHA256");
        roots.init(new SecretKeySpec(secret, "HmacSHA256"));
        digest = MessageDigest.getInstance("SHA-256");
      } catch (GeneralSecurityException missing) {
        throw new IllegalStateException("every Java platform has SHA-256", missing);
      }
    }

    @Override
    public ChainKey root(UUID owner) {
      var id = ByteBuffer.allocate(2 * Long.BYTES);
      id.putLong(owner.getMostSignificantBits()).putLong(owner.getLeastSignificantBits());
      return of(roots.doFinal(id.array()));
    }

    @Override
    public ChainKey next(ChainKey parent, int[] tokens, int from, int count) {
      var input = ByteBuffer.allocate(4 * Long.BYTES + count * Integer.BYTES);
      input.putLong(parent.a).putLong(parent.b).putLong(parent.c).putLong(parent.d);
      for (int i = from; i < from + count; i++) {
        input.putInt(tokens[i]);
      }
      return of(digest.digest(input.array()));
    }
  }
}
