package org.millrace.db;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Recomputes every invariant of the ledger from its rows, trusting nothing that was derived: not
 * the balances, not the triggers that keep them. Reads one snapshot, so it may run while requests
 * are served.
 *
 * <p>What it cannot see is a history that somebody with all rights has rewritten in every place at
 * once, the audit trail's hashes included.
 */
public final class LedgerVerifier {
  private LedgerVerifier() {}

  /**
   * What was found.
   *
   * @param ok no violation
   * @param imbalance the sum over currencies of how far postings are from zero; 0 is well
   * @param violations for each invariant by name, how many rows break it; all of them are listed,
   *     also those with 0
   */
  public record Report(
      boolean ok,
      long transfers,
      long postings,
      long openHolds,
      long usageRecords,
      long auditEntries,
      BigDecimal imbalance,
      Map<String, Long> violations) {}

  /** As {@link #verify(Connection)}, with a connection of its own. */
  public static Report verify(String jdbcUrl, String ownerUser, String ownerPassword)
      throws SQLException {
    try (Connection owner = DriverManager.getConnection(jdbcUrl, ownerUser, ownerPassword)) {
      return verify(owner);
    }
  }

  /**
   * Verifies all tenants' ledgers.
   *
   * @param owner connected as the database's owner, with no transaction under way; is left without
   *     one
   */
  public static Report verify(Connection owner) throws SQLException {
    owner.setAutoCommit(false);
    try {
      try (var statement = owner.createStatement()) {
        statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
      }
      return read(owner);
    } finally {
      owner.rollback();
      owner.setAutoCommit(true);
    }
  }

  /** Reads in whatever transaction there is. */
  static Report read(Connection owner) throws SQLException {
    Map<String, Long> violations = new LinkedHashMap<>();
    for (var check : LedgerChecks.ALL.entrySet()) {
      violations.put(check.getKey(), count(owner, check.getValue()));
    }
    violations.put("orphaned_rows", orphans(owner));
    BigDecimal imbalance =
        number(
            owner,
            "SELECT coalesce(sum(abs(off)), 0) FROM (SELECT sum(amount) AS off FROM posting GROUP BY currency) AS sums");
    return new Report(
        violations.values().stream().allMatch(n -> n == 0) && imbalance.signum() == 0,
        count(owner, "SELECT count(*) FROM transfer"),
        count(owner, "SELECT count(*) FROM posting"),
        count(owner, "SELECT count(*) FROM hold WHERE state = 'HELD'"),
        count(owner, "SELECT count(*) FROM usage_record"),
        count(owner, "SELECT count(*) FROM audit_entry"),
        imbalance,
        violations);
  }

  /** Rows that refer to one that is not there, over every foreign key there is. */
  private static long orphans(Connection owner) throws SQLException {
    List<String> queries = new ArrayList<>();
    try (var statement = owner.createStatement();
        var row = statement.executeQuery(LedgerChecks.ORPHAN_QUERIES)) {
      while (row.next()) {
        queries.add(row.getString(1));
      }
    }
    long orphans = 0;
    for (String query : queries) {
      orphans += count(owner, query);
    }
    return orphans;
  }

  private static long count(Connection owner, String query) throws SQLException {
    return number(owner, query).longValueExact();
  }

  private static BigDecimal number(Connection owner, String query) throws SQLException {
    try (var statement = owner.createStatement();
        var row = statement.executeQuery(query)) {
      row.next();
      return row.getBigDecimal(1);
    }
  }
}
