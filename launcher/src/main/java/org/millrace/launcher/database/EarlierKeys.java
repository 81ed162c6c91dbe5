package org.millrace.launcher.database;

import java.sql.SQLException;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.settings.Layout;

/** API keys in a database that is older than this data folder. */
public final class EarlierKeys {
  private EarlierKeys() {}

  /**
   * Keys are stored as HMACs under a secret that the data folder keeps. A folder that has not
   * served yet has a new one, under which none of them would be good, and nobody would learn why.
   */
  public static void refuse(DatabaseAccess owner, Layout layout) throws SQLException {
    long keys = count(owner);
    if (keys > 0) {
      throw new LaunchException(
          "%s holds %d API keys that were made with another data folder, and none would be good with the new secrets of %s: put that folder's secrets.properties here, or name another database"
              .formatted(owner.jdbcUrl(), keys, layout.data()));
    }
  }

  private static long count(DatabaseAccess owner) throws SQLException {
    try (var connection = owner.connect();
        var statement = connection.createStatement();
        var row = statement.executeQuery("SELECT count(*) FROM api_key WHERE revoked_at IS NULL")) {
      row.next();
      return row.getLong(1);
    }
  }
}
