package org.millrace.db;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Recomputes every invariant of the ledger from its rows, trusting nothing that was derived: not
 * the balances, not the triggers that keep them. Reads one snapshot, so it may run while requests
 * are served.
 */
public final class LedgerVerifier {
  /** Each counts the rows that break an invariant; 0 is well. */
  private static final Map<String, String> CHECKS = checks();

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
    for (var check : CHECKS.entrySet()) {
      violations.put(check.getKey(), count(owner, check.getValue()));
    }
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

  private static Map<String, String> checks() {
    Map<String, String> checks = new LinkedHashMap<>();
    postingChecks(checks);
    walletChecks(checks);
    holdChecks(checks);
    usageChecks(checks);
    checks.put(
        "audit_chain_broken", "SELECT count(*) FROM audit_first_broken() AS b WHERE b IS NOT NULL");
    return checks;
  }

  private static void postingChecks(Map<String, String> checks) {
    checks.put(
        "unbalanced_transfers",
        """
        SELECT count(*) FROM (
          SELECT transfer_id FROM posting GROUP BY transfer_id, currency HAVING sum(amount) <> 0) AS off\
        """);
    checks.put(
        "transfers_without_two_postings",
        """
        SELECT count(*) FROM transfer t
         WHERE (SELECT count(*) FROM posting p WHERE p.transfer_id = t.id) < 2\
        """);
    checks.put(
        "postings_to_another_tenant",
        """
        SELECT count(*) FROM posting p JOIN account a ON a.id = p.account_id JOIN transfer t ON t.id = p.transfer_id
         WHERE a.tenant_id <> p.tenant_id OR t.tenant_id <> p.tenant_id\
        """);
  }

  private static void walletChecks(Map<String, String> checks) {
    checks.put(
        "balances_not_from_postings",
        """
        SELECT count(*) FROM wallet w
         WHERE w.balance <> (SELECT coalesce(sum(p.amount), 0) FROM posting p WHERE p.account_id = w.account_id)\
        """);
    checks.put(
        "held_not_from_holds",
        """
        SELECT count(*) FROM wallet w
         WHERE w.held <> (SELECT coalesce(sum(h.amount), 0) FROM hold h WHERE h.tenant_id = w.tenant_id AND h.state = 'HELD')\
        """);
    checks.put("overdrawn_wallets", "SELECT count(*) FROM wallet WHERE balance < held OR held < 0");
    checks.put(
        "grants_not_from_postings",
        """
        SELECT count(*) FROM credit_grant g
         WHERE g.remaining <> (SELECT coalesce(sum(p.amount), 0) FROM posting p WHERE p.grant_id = g.id)
            OR g.remaining < 0 OR g.remaining > g.amount
            OR g.amount <> (SELECT coalesce(sum(p.amount), 0) FROM posting p WHERE p.grant_id = g.id AND p.amount > 0)\
        """);
    checks.put(
        "balances_not_from_grants",
        """
        SELECT count(*) FROM wallet w
         WHERE w.balance <> (SELECT coalesce(sum(g.remaining), 0) FROM credit_grant g WHERE g.tenant_id = w.tenant_id)\
        """);
  }

  private static void holdChecks(Map<String, String> checks) {
    checks.put(
        "holds_ended_wrongly",
        """
        SELECT count(*) FROM hold h
         WHERE (h.state = 'HELD') <> (h.ended_at IS NULL)
            OR (h.state = 'SETTLED') <> EXISTS (
                 SELECT FROM transfer t
                  WHERE t.id = h.transfer_id AND t.kind = 'USAGE' AND t.tenant_id = h.tenant_id AND t.reference = h.request_id)\
        """);
    checks.put("settled_above_hold", "SELECT count(*) FROM hold WHERE cost > amount OR cost < 0");
    checks.put(
        "usage_transfers_without_hold",
        """
        SELECT count(*) FROM transfer t
         WHERE t.kind = 'USAGE' AND (SELECT count(*) FROM hold h WHERE h.transfer_id = t.id AND h.state = 'SETTLED') <> 1\
        """);
  }

  private static void usageChecks(Map<String, String> checks) {
    checks.put(
        "holds_without_usage_record",
        """
        SELECT count(*) FROM hold h
         WHERE (h.state = 'SETTLED') <> EXISTS (SELECT FROM usage_record u WHERE u.hold_id = h.id)\
        """);
    checks.put(
        "usage_records_not_of_their_transfer",
        """
        SELECT count(*) FROM usage_record u JOIN hold h ON h.id = u.hold_id
         WHERE u.transfer_id <> h.transfer_id OR u.cost <> h.cost OR u.currency <> h.currency OR u.request_id <> h.request_id
            OR (u.tenant_id, u.project_id, u.key_id, u.model) <> (h.tenant_id, h.project_id, h.key_id, h.model)
            OR u.cost <> (SELECT -coalesce(sum(p.amount), 0) FROM posting p JOIN account a ON a.id = p.account_id
                           WHERE p.transfer_id = u.transfer_id AND a.kind = 'WALLET' AND p.currency = u.currency)
            OR u.cost <> (SELECT coalesce(sum(p.amount), 0) FROM posting p JOIN account a ON a.id = p.account_id
                           WHERE p.transfer_id = u.transfer_id AND a.kind = 'REVENUE' AND p.currency = u.currency)\
        """);
    checks.put(
        "usage_rated_wrongly",
        """
        SELECT count(*) FROM usage_record u JOIN hold h ON h.id = u.hold_id
         WHERE u.cost * 1000000 <> (u.input_tokens - u.cached_input_tokens) * h.input_price
                                 + u.cached_input_tokens * h.cached_input_price + u.output_tokens * h.output_price\
        """);
    checks.put(
        "usage_above_worst_case",
        """
        SELECT count(*) FROM usage_record u JOIN hold h ON h.id = u.hold_id
         WHERE u.input_tokens > h.input_tokens OR u.output_tokens > h.output_tokens\
        """);
  }
}
