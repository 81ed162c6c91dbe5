package org.millrace.tenancy.ejb;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.millrace.tenancy.key.SecretHasher;

/**
 * Every setting of tenancy. All that is wrong is said at once, at start.
 *
 * @param pepper {@value #PEPPER}: the server's secret under which keys are hashed, base64, at least
 *     32 bytes; all nodes the same, kept outside the database
 * @param cachedKeysMax {@value #CACHED_KEYS_MAX}: keys remembered for less than a second; default
 *     10000
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TenancyConfig(byte[] pepper, int cachedKeysMax) {
  static final String PEPPER = "millrace.key.pepper";
  static final String CACHED_KEYS_MAX = "millrace.key.cached-keys-max";

  /** Reads the settings through a function from key to value. */
  static TenancyConfig read(Function<String, Optional<String>> settings) {
    List<String> problems = new ArrayList<>();
    byte[] pepper = pepper(settings.apply(PEPPER), problems);
    int cachedKeysMax = whole(CACHED_KEYS_MAX, settings.apply(CACHED_KEYS_MAX), 10_000, problems);
    if (!problems.isEmpty()) {
      throw new IllegalStateException(
          "tenancy cannot start with its configuration: " + String.join("; ", problems));
    }
    return new TenancyConfig(pepper, cachedKeysMax);
  }

  private static byte[] pepper(Optional<String> value, List<String> problems) {
    if (value.isEmpty()) {
      problems.add(PEPPER + " is not set; set it to 'openssl rand -base64 48' and keep it");
      return new byte[0];
    }
    try {
      byte[] pepper = Base64.getDecoder().decode(value.get().strip());
      if (pepper.length < SecretHasher.PEPPER_BYTES_MIN) {
        problems.add(
            "%s has %d bytes; it takes at least %d"
                .formatted(PEPPER, pepper.length, SecretHasher.PEPPER_BYTES_MIN));
      }
      return pepper;
    } catch (IllegalArgumentException e) {
      // Not the value: it is a secret.
      problems.add(PEPPER + " is not base64");
      return new byte[0];
    }
  }

  private static int whole(
      String key, Optional<String> value, int otherwise, List<String> problems) {
    try {
      int number = value.map(String::strip).map(Integer::parseInt).orElse(otherwise);
      if (number >= 1 && number <= 1_000_000) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, with the value.
    }
    problems.add("%s is '%s'; it must be 1 to 1000000".formatted(key, value.orElse("")));
    return otherwise;
  }

  @Override
  public String toString() {
    return "TenancyConfig[pepper=***, cachedKeysMax=" + cachedKeysMax + "]";
  }
}
