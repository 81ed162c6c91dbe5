package org.millrace.launcher.platform;

import java.security.SecureRandom;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.database.DatabaseAccess;
import org.millrace.launcher.database.Databases;
import org.millrace.launcher.settings.Layout;
import org.millrace.launcher.settings.Secrets;

/** How to reach a running platform's own database as its owner. */
public final class OwnerAccess {
  private OwnerAccess() {}

  public static DatabaseAccess of(Layout layout) {
    var state =
        PlatformState.load(layout)
            .orElseThrow(() ->
                new LaunchException(
                    "no platform is up in %s: start it with `./millrace up`, or name another folder with --data"
                        .formatted(layout.data())));
    if (!state.ownDatabase()) {
      throw new LaunchException(
          "this platform's database is an external one: set MILLRACE_DB_URL, MILLRACE_DB_OWNER_USER and MILLRACE_DB_OWNER_PASSWORD as for `up`");
    }
    var secrets = Secrets.loadOrCreate(layout, new SecureRandom());
    return new DatabaseAccess(
        state.database(), Databases.OWNER, secrets.get(Secrets.Name.DATABASE_OWNER_PASSWORD));
  }
}
