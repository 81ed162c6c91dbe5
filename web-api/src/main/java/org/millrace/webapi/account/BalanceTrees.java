package org.millrace.webapi.account;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Credits.Balance;
import org.millrace.billing.api.Credits.Grant;
import org.millrace.webapi.json.Tree;

/**
 * A balance and its grants; amounts are decimal strings, because JSON's numbers are not exact in
 * most clients.
 */
public final class BalanceTrees {
  private BalanceTrees() {}

  public static Tree of(Balance balance) {
    return Tree.of("object", "balance")
        .with("available", balance.available().plain())
        .with("held", balance.held().plain())
        .with("currency", balance.available().currency())
        .with("grants", balance.grants().stream().map(BalanceTrees::grant).toList());
  }

  public static Map<String, @Nullable Object> grant(Grant grant) {
    return Tree.of("id", grant.id())
        .with("reference", grant.reference())
        .with("amount", grant.amount().plain())
        .with("remaining", grant.remaining().plain())
        .with("currency", grant.amount().currency())
        .with("priority", grant.priority())
        .with("granted_at", grant.grantedAt())
        .with("expires_at", grant.expiresAt())
        .members();
  }
}
