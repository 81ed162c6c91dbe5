package org.millrace.billing.persistence;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Holds.Completion;
import org.millrace.billing.api.Holds.HoldRequest;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.TokenUsage;
import org.millrace.billing.ledger.PlacedHold;
import org.millrace.billing.rating.Rates;

/** Holds, and what ends them. Lock order: hold, then wallet (see V5 of the migrations). */
public final class HoldStore {
  private static final String PLACE =
      """
      SELECT verdict, available, wallet_currency, (placed).*
        FROM place_hold(ROW(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, ?)::hold)\
      """;
  private static final String SETTLE =
      """
      SELECT settle_hold(h, ROW(NULL, NULL, NULL, NULL, NULL, NULL, NULL, ?, ?, ?, ?, NULL, ?, ?, ?)::usage_record, ?) AS transfer_id
        FROM hold h WHERE h.id = ?\
      """;
  // Skipping what another node has locked: it is being ended there.
  private static final String EXPIRE_ONE =
      """
      UPDATE hold SET state = 'EXPIRED', ended_at = ?
       WHERE id = (SELECT id FROM hold WHERE state = 'HELD' AND expires_at <= ?
                    ORDER BY expires_at LIMIT 1 FOR UPDATE SKIP LOCKED)\
      """;

  private final Statements sql;

  HoldStore(Statements sql) {
    this.sql = sql;
  }

  /** How the database answered a request for a hold. */
  public enum Verdict {
    PLACED,
    REPEATED,
    DUPLICATE,
    OTHER_CURRENCY,
    INSUFFICIENT
  }

  /**
   * @param hold where the verdict is PLACED or REPEATED
   * @param available where the verdict is PLACED or INSUFFICIENT: what there was before
   */
  public record Placement(
      Verdict verdict,
      @Nullable PlacedHold hold,
      @Nullable BigDecimal available,
      String walletCurrency) {}

  /** Checks against the wallet under its lock, and holds. */
  public Placement place(
      HoldRequest request, Rates rates, Money amount, Instant now, Instant expiresAt) {
    TokenUsage worst = request.worstCase();
    return sql.find(
            PLACE,
            HoldStore::placement,
            request.requestId(),
            request.tenantId(),
            request.projectId(),
            request.keyId(),
            request.model(),
            worst.inputTokens(),
            worst.cachedInputTokens(),
            worst.outputTokens(),
            rates.input(),
            rates.cachedInput(),
            rates.output(),
            amount.amount(),
            amount.currency(),
            now,
            expiresAt,
            request.claim())
        .orElseThrow();
  }

  private static Placement placement(ResultSet row) throws SQLException {
    Verdict verdict = Verdict.valueOf(row.getString("verdict"));
    boolean holds = verdict == Verdict.PLACED || verdict == Verdict.REPEATED;
    return new Placement(
        verdict,
        holds ? hold(row) : null,
        row.getBigDecimal("available"),
        row.getString("wallet_currency"));
  }

  /**
   * The holds of these requests, locked until the transaction ends, in the order of their ids. One
   * by one: for a list the server plans to read the whole table while that is small, and keeps to
   * it.
   */
  public List<PlacedHold> lock(Collection<String> requestIds) {
    return requestIds.stream().sorted().flatMap(id -> lock(id).stream()).toList();
  }

  private Optional<PlacedHold> lock(String requestId) {
    return sql.find(
        "SELECT * FROM hold WHERE request_id = ? FOR UPDATE", HoldStore::hold, requestId);
  }

  /** Whose request this is; empty where no hold has this id. Needs no scope. */
  public Optional<UUID> tenantOf(String requestId) {
    return sql.find(
        "SELECT tenant_id FROM tenant_of_request(?) AS tenant_id WHERE tenant_id IS NOT NULL",
        row -> row.getObject("tenant_id", UUID.class),
        requestId);
  }

  /** Posts the cost and ends the hold, which is locked and open; returns the transfer. */
  public UUID settle(PlacedHold hold, Completion completion, Money cost, Instant now) {
    TokenUsage usage = completion.usage();
    return sql.find(
            SETTLE,
            row -> row.getObject("transfer_id", UUID.class),
            usage.inputTokens(),
            usage.cachedInputTokens(),
            usage.outputTokens(),
            cost.amount(),
            completion.outcome(),
            completion.startedAt(),
            completion.finishedAt(),
            now,
            hold.id())
        .orElseThrow();
  }

  /**
   * Ends an open hold of this claim with nothing posted; does nothing to one that has ended, or is
   * not there.
   */
  public void release(String requestId, long claim, Instant now) {
    sql.update(
        "UPDATE hold SET state = 'RELEASED', ended_at = ? WHERE request_id = ? AND claim = ? AND state = 'HELD'",
        now,
        requestId,
        claim);
  }

  /** Ends one hold that is past its time; false where there is none. */
  public boolean expireOne(Instant now) {
    return sql.update(EXPIRE_ONE, now, now) == 1;
  }

  /** Oldest first. */
  public List<PlacedHold> open(int limit) {
    return sql.list(
        "SELECT * FROM hold WHERE state = 'HELD' ORDER BY placed_at, id LIMIT ?",
        HoldStore::hold,
        limit);
  }

  private static PlacedHold hold(ResultSet row) throws SQLException {
    String currency = row.getString("currency");
    BigDecimal cost = row.getBigDecimal("cost");
    return new PlacedHold(
        row.getObject("id", UUID.class),
        row.getString("request_id"),
        row.getObject("tenant_id", UUID.class),
        row.getString("model"),
        new TokenUsage(
            row.getLong("input_tokens"),
            row.getLong("cached_input_tokens"),
            row.getLong("output_tokens")),
        new Rates(
            row.getBigDecimal("input_price"),
            row.getBigDecimal("cached_input_price"),
            row.getBigDecimal("output_price"),
            currency),
        new Money(row.getBigDecimal("amount"), currency),
        Statements.instant(row, "expires_at"),
        PlacedHold.State.valueOf(row.getString("state")),
        cost == null ? null : new Money(cost, currency),
        row.getObject("transfer_id", UUID.class));
  }
}
