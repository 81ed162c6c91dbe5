package org.millrace.it.platform;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.millrace.db.LedgerVerifier;

/** The platform's database as its superuser sees it: every tenant's rows. */
public final class Ledger {
  private Ledger() {}

  public static Connection connect() throws SQLException {
    var platform = Platform.shared();
    return DriverManager.getConnection(
        platform.databaseUrl(), "postgres", platform.secret("database-superuser-password"));
  }

  /** Every invariant, recomputed from the rows. */
  public static LedgerVerifier.Report verify() throws SQLException {
    try (var connection = connect()) {
      return LedgerVerifier.verify(connection);
    }
  }

  public static long count(String sql, Object... parameters) throws SQLException {
    return decimal(sql, parameters).longValueExact();
  }

  /** The first column of the first row; 0 where it is null. */
  public static BigDecimal decimal(String sql, Object... parameters) throws SQLException {
    try (var connection = connect();
        var statement = connection.prepareStatement(sql)) {
      for (var i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      try (var rows = statement.executeQuery()) {
        rows.next();
        var value = rows.getBigDecimal(1);
        return value == null ? BigDecimal.ZERO : value;
      }
    }
  }

  public static void execute(String sql) throws SQLException {
    try (var connection = connect();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
