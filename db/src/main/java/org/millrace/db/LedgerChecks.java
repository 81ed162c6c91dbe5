package org.millrace.db;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The ledger's invariants, each as a query that counts what breaks it. */
final class LedgerChecks {
  /** The three prices of a model that were set together. */
  private static final String PRICE_SET =
      """
      (SELECT i.model, i.valid_from, i.currency, i.per_million AS input, c.per_million AS cached_input, o.per_million AS output
         FROM price i JOIN price c USING (model, valid_from, currency) JOIN price o USING (model, valid_from, currency)
        WHERE i.meter = 'INPUT' AND c.meter = 'CACHED_INPUT' AND o.meter = 'OUTPUT')\
      """;

  /**
   * What keeps the application from breaking an invariant, where it is gone or was put to sleep.
   */
  private static final String GUARDS_MISSING =
      """
      SELECT (
        SELECT count(*) FROM (VALUES
            ('account', 'only_added never_emptied'), ('transfer', 'only_added never_emptied sums_to_zero'),
            ('posting', 'only_added never_emptied applied sums_to_zero'), ('wallet', 'derived never_removed never_emptied'),
            ('credit_grant', 'derived never_removed never_emptied'), ('hold', 'applied never_removed never_emptied'),
            ('price', 'only_added never_emptied'), ('usage_record', 'only_added never_emptied'),
            ('audit_entry', 'only_added never_emptied'), ('api_key', 'revoked_for_good')) AS kept (table_name, triggers)
          CROSS JOIN regexp_split_to_table(triggers, ' ') AS wanted
         WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = table_name::regclass AND t.tgname = wanted)
      ) + (
        SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE c.relnamespace = 'public'::regnamespace AND t.tgenabled NOT IN ('O', 'A')
      ) + (
        SELECT count(*) FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
           AND (c.relname = 'tenant'
                OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))
           AND (NOT c.relrowsecurity OR NOT c.relforcerowsecurity
                OR (SELECT count(*) FROM pg_policy p
                     WHERE p.polrelid = c.oid AND p.polname IN ('own_rows', 'all_rows', 'owner_reads')) <> 3)
      ) + (
        SELECT count(*) FROM pg_policy p WHERE NOT p.polpermissive AND p.polname <> 'no_own_grants')\
      """;

  /** Gives for each foreign key the query that counts the rows that break it. */
  static final String ORPHAN_QUERIES =
      """
      SELECT format('SELECT count(*) FROM %s c WHERE (%s) AND NOT EXISTS (SELECT FROM %s p WHERE %s)',
                    k.conrelid::regclass, string_agg(format('c.%I IS NOT NULL', child.attname), ' AND '),
                    k.confrelid::regclass, string_agg(format('p.%I = c.%I', parent.attname, child.attname), ' AND '))
        FROM pg_constraint k
        CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (child, parent)
        JOIN pg_attribute child ON child.attrelid = k.conrelid AND child.attnum = pair.child
        JOIN pg_attribute parent ON parent.attrelid = k.confrelid AND parent.attnum = pair.parent
       WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
       GROUP BY k.oid, k.conrelid, k.confrelid\
      """;

  /** By name, in the order in which they are told; 0 is well. */
  static final Map<String, String> ALL = Collections.unmodifiableMap(all());

  private LedgerChecks() {}

  private static Map<String, String> all() {
    Map<String, String> checks = new LinkedHashMap<>();
    postingChecks(checks);
    transferChecks(checks);
    walletChecks(checks);
    grantChecks(checks);
    holdChecks(checks);
    settlementChecks(checks);
    usageChecks(checks);
    priceChecks(checks);
    checks.put("guards_missing", GUARDS_MISSING);
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
    checks.put(
        "postings_in_another_currency",
        """
        SELECT count(*) FROM posting p JOIN account a ON a.id = p.account_id LEFT JOIN credit_grant g ON g.id = p.grant_id
         WHERE p.currency <> a.currency OR p.currency <> g.currency\
        """);
  }

  private static void transferChecks(Map<String, String> checks) {
    // A grant gives to the wallet out of the source, an expiry gives back, usage goes to revenue.
    checks.put(
        "transfers_of_another_kind",
        """
        SELECT count(*) FROM (
          SELECT count(*) AS postings,
                 count(*) FILTER (WHERE a.kind = 'WALLET' AND CASE WHEN t.kind = 'GRANT' THEN p.amount > 0 ELSE p.amount <= 0 END) AS wallet,
                 count(*) FILTER (WHERE a.kind = CASE WHEN t.kind = 'USAGE' THEN 'REVENUE' ELSE 'GRANT_SOURCE' END) AS platform
            FROM transfer t JOIN posting p ON p.transfer_id = t.id JOIN account a ON a.id = p.account_id
           GROUP BY t.id) AS sides
         WHERE wallet = 0 OR platform <> 1 OR wallet + platform <> postings\
        """);
    checks.put(
        "usage_transfers_without_hold",
        """
        SELECT count(*) FROM transfer t
         WHERE t.kind = 'USAGE' AND (SELECT count(*) FROM hold h WHERE h.transfer_id = t.id AND h.state = 'SETTLED') <> 1\
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
    checks.put(
        "wallets_not_of_their_account",
        """
        SELECT count(*) FROM account a FULL JOIN wallet w ON w.account_id = a.id
         WHERE (a.kind = 'WALLET' OR w.tenant_id IS NOT NULL)
           AND (a.kind, a.tenant_id, a.currency) IS DISTINCT FROM ('WALLET', w.tenant_id, w.currency)\
        """);
    checks.put("overdrawn_wallets", "SELECT count(*) FROM wallet WHERE balance < held OR held < 0");
    checks.put(
        "balances_not_from_grants",
        """
        SELECT count(*) FROM wallet w
         WHERE w.balance <> (SELECT coalesce(sum(g.remaining), 0) FROM credit_grant g WHERE g.tenant_id = w.tenant_id)\
        """);
  }

  private static void grantChecks(Map<String, String> checks) {
    checks.put(
        "grants_not_from_postings",
        """
        SELECT count(*) FROM credit_grant g
         WHERE g.remaining <> (SELECT coalesce(sum(p.amount), 0) FROM posting p WHERE p.grant_id = g.id)
            OR g.remaining < 0 OR g.remaining > g.amount
            OR g.amount <> (SELECT coalesce(sum(p.amount), 0) FROM posting p WHERE p.grant_id = g.id AND p.amount > 0)\
        """);
    checks.put(
        "grants_not_of_their_transfer",
        """
        SELECT count(*) FROM credit_grant g
         WHERE NOT EXISTS (
                 SELECT FROM transfer t JOIN posting p ON p.transfer_id = t.id
                  WHERE t.kind = 'GRANT' AND t.tenant_id = g.tenant_id AND t.reference = g.reference AND p.grant_id = g.id)\
        """);
    checks.put(
        "grants_expired_wrongly",
        """
        SELECT count(*) FROM transfer t JOIN posting p ON p.transfer_id = t.id JOIN credit_grant g ON g.id = p.grant_id
         WHERE t.kind = 'GRANT_EXPIRY' AND (t.reference <> g.id::text OR g.expires_at IS NULL OR t.posted_at < g.expires_at)\
        """);
    checks.put(
        "grants_not_in_the_audit_trail",
        """
        SELECT count(*) FROM credit_grant g
          FULL JOIN (SELECT tenant_id, subject, details FROM audit_entry WHERE action = 'credit.grant') AS told
            ON (told.tenant_id, told.subject) = (g.tenant_id, g.reference)
         WHERE ((told.details ->> 'amount')::numeric, told.details ->> 'currency') IS DISTINCT FROM (g.amount, g.currency)\
        """);
  }

  private static void holdChecks(Map<String, String> checks) {
    checks.put(
        "holds_below_worst_case",
        """
        SELECT count(*) FROM hold
         WHERE amount * 1000000 < input_tokens * greatest(input_price, cached_input_price) + output_tokens * output_price\
        """);
    checks.put(
        "holds_in_another_currency",
        "SELECT count(*) FROM hold h JOIN wallet w ON w.tenant_id = h.tenant_id WHERE h.currency <> w.currency");
    checks.put(
        "holds_not_at_listed_prices",
        """
        SELECT count(*) FROM hold h WHERE NOT EXISTS (
          SELECT FROM price_set s
           WHERE (s.model, s.currency, s.input, s.cached_input, s.output)
               = (h.model, h.currency, h.input_price, h.cached_input_price, h.output_price))\
        """
            .replace("price_set", PRICE_SET));
  }

  private static void settlementChecks(Map<String, String> checks) {
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
        "holds_not_ended_with_their_transfer",
        "SELECT count(*) FROM hold h JOIN transfer t ON t.id = h.transfer_id WHERE h.ended_at <> t.posted_at");
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
    // A clock may be off by minutes; by a day it is another billing period that somebody wanted.
    checks.put(
        "usage_at_another_time",
        """
        SELECT count(*) FROM usage_record u JOIN hold h ON h.id = u.hold_id
         WHERE least(u.started_at, u.finished_at) < h.placed_at - interval '1 day'
            OR greatest(u.started_at, u.finished_at) > h.ended_at + interval '1 day'\
        """);
    checks.put(
        "usage_above_worst_case",
        """
        SELECT count(*) FROM usage_record u JOIN hold h ON h.id = u.hold_id
         WHERE u.input_tokens > h.input_tokens OR u.output_tokens > h.output_tokens\
        """);
  }

  private static void priceChecks(Map<String, String> checks) {
    checks.put(
        "prices_not_in_the_audit_trail",
        """
        SELECT count(*) FROM (
          SELECT model, input, cached_input, output, currency, count(*) AS times FROM price_set s GROUP BY 1, 2, 3, 4, 5) AS listed
          FULL JOIN (
            SELECT subject AS model, (details ->> 'input')::numeric AS input, (details ->> 'cached_input')::numeric AS cached_input,
                   (details ->> 'output')::numeric AS output, details ->> 'currency' AS currency, count(*) AS times
              FROM audit_entry WHERE action = 'price.set' GROUP BY 1, 2, 3, 4, 5) AS told
          USING (model, input, cached_input, output, currency)
         WHERE listed.times IS DISTINCT FROM told.times\
        """
            .replace("price_set", PRICE_SET));
  }
}
