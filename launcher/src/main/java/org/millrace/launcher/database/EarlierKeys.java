package org.millrace.launcher.database;

import java.sql.Connection;
import java.sql.SQLException;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.settings.Layout;

/** API keys in a database that is older than this data folder. */
public final class EarlierKeys {
  private EarlierKeys() {}

  /**
   * Keys are stored as HMACs under a secret that the data folder keeps. A folder that has not
   * served yet has a new one, under which none of them would be good, and nobody would learn why.
   * To be asked before anything is changed: another platform may be running on this database.
   */
  public static void refuse(DatabaseAccess owner, Layout layout) {
    if (!layout.hasServed() && exist(owner)) {
      throw new LaunchException(
          "%s holds API keys that were made with another data folder, and none would be good with the new secrets of %s: put that folder's secrets.properties here, or name another database"
              .formatted(owner.jdbcUrl(), layout.data()));
    }
  }

  private static boolean exist(DatabaseAccess owner) {
    try (var connection = owner.connect()) {
      return holds(connection, "SELECT to_regclass('api_key') IS NOT NULL")
          && holds(connection, "SELECT EXISTS (SELECT FROM api_key WHERE revoked_at IS NULL)");
    } catch (SQLException unreachable) {
      // Whoever prepares the database says what is wrong with it.
      return false;
    }
  }

  private static boolean holds(Connection connection, String query) throws SQLException {
    try (var statement = connection.createStatement();
        var row = statement.executeQuery(query)) {
      return row.next() && row.getBoolean(1);
    }
  }
}
