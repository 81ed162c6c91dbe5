package org.millrace.console.page;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.console.session.Visitor;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.api.Tenants;

/**
 * The tenants the visitor may see, by id: ids are what the services give, names are what a person
 * reads.
 */
@Named
@RequestScoped
public class TenantNames {
  static final int TENANTS_MAX = 1_000;

  @Inject Visitor visitor;
  @Inject Tenants tenants;
  private @Nullable Map<UUID, TenantView> byId;

  private Map<UUID, TenantView> byId() {
    Map<UUID, TenantView> known = byId;
    if (known == null) {
      known = new LinkedHashMap<>();
      for (TenantView tenant : tenants.list(visitor.actor(), 0, TENANTS_MAX)) {
        known.put(tenant.id(), tenant);
      }
      byId = known;
    }
    return known;
  }

  public List<TenantView> getAll() {
    return List.copyOf(byId().values());
  }

  /** Whether there may be more than are shown. */
  public boolean isCut() {
    return byId().size() >= TENANTS_MAX;
  }

  public String name(@Nullable UUID id) {
    return find(id).map(TenantView::name).orElse(id == null ? "" : id.toString());
  }

  public String slug(@Nullable UUID id) {
    return find(id).map(TenantView::slug).orElse("");
  }

  Optional<TenantView> find(@Nullable UUID id) {
    return id == null ? Optional.empty() : Optional.ofNullable(byId().get(id));
  }
}
