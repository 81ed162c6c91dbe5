package org.millrace.console.page;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Credits;
import org.millrace.billing.api.Credits.Balance;
import org.millrace.billing.api.UsageRecords;
import org.millrace.billing.api.UsageRecords.UsageRecord;
import org.millrace.console.session.Permission;
import org.millrace.console.session.Visitor;
import org.millrace.tenancy.api.ApiKeyView;
import org.millrace.tenancy.api.ApiKeys;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.api.Tenants;

/**
 * One tenant: state, balance, limits, projects, keys, latest requests. The tenant is the one the
 * link names; for a tenant-admin always their own.
 */
@Named("tenantPage")
@RequestScoped
public class TenantPage {
  static final int REQUESTS_SHOWN = 10;

  @Inject Visitor visitor;
  @Inject Parameters parameters;
  @Inject Tenants tenants;
  @Inject ApiKeys apiKeys;
  @Inject Credits credits;
  @Inject UsageRecords usageRecords;
  @Inject Notices notices;
  private @Nullable Optional<TenantView> tenant;
  private @Nullable List<ApiKeyView> keys;
  private @Nullable Balance balance;

  /** {@code null} where there is no such tenant, or none that the visitor may see. */
  public @Nullable TenantView getTenant() {
    Optional<TenantView> known = tenant;
    if (known == null) {
      known = find();
      tenant = known;
    }
    return known.orElse(null);
  }

  private Optional<TenantView> find() {
    TenantView own = visitor.getTenant();
    if (own != null) {
      return tenants.find(visitor.actor(), own.id());
    }
    return parameters.get("slug").flatMap(s -> tenants.findBySlug(visitor.actor(), s));
  }

  /** For actions: the tenant, which the page showed a moment ago. */
  TenantView required() {
    TenantView found = getTenant();
    if (found == null) {
      throw new IllegalArgumentException("this tenant does not exist any more");
    }
    return found;
  }

  /** Back to this page, with a fresh view. */
  String reload() {
    return "tenant?faces-redirect=true&slug=" + required().slug();
  }

  public List<ApiKeyView> getKeys() {
    List<ApiKeyView> known = keys;
    if (known == null) {
      known = apiKeys.list(visitor.actor(), required().id());
      keys = known;
    }
    return known;
  }

  public boolean isAnyKeyAlive() {
    return getKeys().stream().anyMatch(k -> k.revokedAt() == null);
  }

  public List<ProjectView> getProjects() {
    return tenants.projects(visitor.actor(), required().id());
  }

  public Balance getBalance() {
    Balance known = balance;
    if (known == null) {
      known = credits.balance(required().id());
      balance = known;
    }
    return known;
  }

  public List<UsageRecord> getRequests() {
    return usageRecords.latest(visitor.actor(), required().id(), REQUESTS_SHOWN);
  }

  /** The key's name, for the list of requests. */
  public String keyName(UsageRecord request) {
    return getKeys().stream()
        .filter(k -> k.id().equals(request.keyId()))
        .map(ApiKeyView::name)
        .findFirst()
        .orElse("");
  }

  public @Nullable String suspend() {
    return setSuspended(true, "Tenant suspended. Its keys are refused from now on.");
  }

  public @Nullable String resume() {
    return setSuspended(false, "Tenant resumed. Its keys work again.");
  }

  private @Nullable String setSuspended(boolean suspended, String said) {
    visitor.require(Permission.MANAGE_TENANTS);
    if (!notices.attempt(() -> tenants.setSuspended(visitor.actor(), required().id(), suspended))) {
      return null;
    }
    notices.done(said);
    return reload();
  }
}
