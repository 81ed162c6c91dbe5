package org.millrace.db;

import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells an absent or overloaded database, which a caller may wait out, from a mistake in what was
 * asked of it.
 */
public final class Outage {
  /**
   * SQLSTATE classes and conditions: connection lost, transaction resolution unknown, idle or
   * waiting for a lock for longer than the server lets it, out of resources, shutting down, system
   * error, and conflicts with other transactions that a retry resolves.
   */
  private static final Set<String> CLASSES = Set.of("08", "25P03", "53", "55P03", "57", "58", "40");

  private Outage() {}

  /** Whether the failure, or what caused it, says that the database is away. */
  public static boolean isBehind(@Nullable Throwable failure) {
    SQLException sql = firstSqlException(failure);
    return sql != null && isOutage(sql.getSQLState());
  }

  /** The SQLSTATE at the bottom of a failure, or an empty string. */
  public static String sqlState(@Nullable Throwable failure) {
    SQLException sql = firstSqlException(failure);
    return sql != null && sql.getSQLState() != null ? sql.getSQLState() : "";
  }

  /** A pool that cannot give a connection says so without an SQLSTATE. */
  private static boolean isOutage(@Nullable String state) {
    return state == null || CLASSES.stream().anyMatch(state::startsWith);
  }

  private static @Nullable SQLException firstSqlException(@Nullable Throwable failure) {
    Set<Throwable> seen = new HashSet<>();
    SQLException deepest = null;
    for (Throwable cause = failure; cause != null && seen.add(cause); cause = cause.getCause()) {
      if (cause instanceof SQLException sql && (deepest == null || sql.getSQLState() != null)) {
        deepest = sql;
      }
    }
    return deepest;
  }
}
