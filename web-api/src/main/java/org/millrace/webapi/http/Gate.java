package org.millrace.webapi.http;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.millrace.tenancy.api.Caller;
import org.millrace.tenancy.api.KeyAuthenticator;

/** Lets in who presents a good API key. */
public final class Gate {
  private static final int CREDENTIAL_CHARACTERS_MAX = 8_192;

  private final KeyAuthenticator keys;

  public Gate(KeyAuthenticator keys) {
    this.keys = keys;
  }

  /** The caller, who is then also known to the call. */
  public Caller admit(Call call) {
    var caller = keys.authenticate(bearer(call));
    call.authenticated(caller);
    return caller;
  }

  /** What stands behind {@code Authorization: Bearer}, or {@code null}. */
  public static @Nullable String bearer(Call call) {
    var header = call.header("Authorization");
    if (header == null || header.length() > CREDENTIAL_CHARACTERS_MAX) {
      return null;
    }
    var parts = header.strip().split("\\s+", 2);
    return parts.length == 2 && parts[0].toLowerCase(Locale.ROOT).equals("bearer")
        ? parts[1]
        : null;
  }
}
