package org.millrace.billing.persistence;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Credits.Grant;
import org.millrace.billing.api.Money;

/** Wallets and grants. */
public final class CreditStore {
  private static final int LISTED_GRANTS_MAX = 200;
  private static final String GRANT =
      "SELECT verdict FROM grant_credit(?, ?, ?, ?, ?, ?, ?::timestamptz)";
  private static final String EXPIRE =
      """
      SELECT expire_grants(?, ?) AS grants
       WHERE EXISTS (SELECT FROM credit_grant WHERE tenant_id = ? AND remaining > 0 AND expires_at <= ?)\
      """;
  private static final String TENANTS_WITH_EXPIRED =
      """
      SELECT DISTINCT g.tenant_id FROM credit_grant g JOIN wallet w ON w.tenant_id = g.tenant_id
       WHERE g.remaining > 0 AND g.expires_at <= ? AND w.balance > w.held LIMIT 1000\
      """;

  private final Statements sql;

  CreditStore(Statements sql) {
    this.sql = sql;
  }

  /** How the database answered a grant. */
  public enum Verdict {
    GRANTED,
    REPEATED,
    DUPLICATE,
    OTHER_CURRENCY
  }

  /** What a tenant's wallet says. */
  public record Wallet(BigDecimal balance, BigDecimal held, String currency) {}

  /** What is granted. */
  public record NewGrant(
      UUID tenantId, String reference, Money amount, int priority, @Nullable Instant expiresAt) {}

  public Verdict grant(NewGrant grant, Instant now) {
    return sql.find(
            GRANT,
            row -> Verdict.valueOf(row.getString("verdict")),
            grant.tenantId(),
            grant.reference(),
            grant.amount().amount(),
            grant.amount().currency(),
            grant.priority(),
            now,
            grant.expiresAt())
        .orElseThrow();
  }

  public Optional<Grant> find(UUID tenantId, String reference) {
    return sql.find(
        "SELECT * FROM credit_grant WHERE tenant_id = ? AND reference = ?",
        CreditStore::grant,
        tenantId,
        reference);
  }

  /** In the order in which they are used; those that are used up last. */
  public List<Grant> grants(UUID tenantId) {
    return sql.list(
        """
        SELECT * FROM credit_grant WHERE tenant_id = ?
         ORDER BY remaining = 0, priority, expires_at NULLS LAST, granted_at, id LIMIT ?\
        """,
        CreditStore::grant,
        tenantId,
        LISTED_GRANTS_MAX);
  }

  public Optional<Wallet> wallet(UUID tenantId) {
    return sql.find(
        "SELECT balance, held, currency FROM wallet WHERE tenant_id = ?",
        row ->
            new Wallet(
                row.getBigDecimal("balance"), row.getBigDecimal("held"), row.getString("currency")),
        tenantId);
  }

  /**
   * Takes back what remains of grants past their time and is not held. Locks the wallet only where
   * there is one.
   */
  public int expireGrants(UUID tenantId, Instant now) {
    return sql.find(EXPIRE, row -> row.getInt("grants"), tenantId, now, tenantId, now).orElse(0);
  }

  /** Tenants that {@link #expireGrants} would take from. */
  public List<UUID> tenantsWithExpiredGrants(Instant now) {
    return sql.list(TENANTS_WITH_EXPIRED, row -> row.getObject("tenant_id", UUID.class), now);
  }

  private static Grant grant(ResultSet row) throws SQLException {
    String currency = row.getString("currency");
    OffsetDateTime expiresAt = row.getObject("expires_at", OffsetDateTime.class);
    return new Grant(
        row.getObject("id", UUID.class),
        row.getString("reference"),
        new Money(row.getBigDecimal("amount"), currency),
        new Money(row.getBigDecimal("remaining"), currency),
        row.getInt("priority"),
        Statements.instant(row, "granted_at"),
        expiresAt == null ? null : expiresAt.toInstant());
  }
}
