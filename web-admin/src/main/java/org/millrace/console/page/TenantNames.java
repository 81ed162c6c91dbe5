package org.millrace.console.page;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
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
  private @Nullable Set<String> ambiguous;

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

  /** Names need not be unique: where two tenants share one, their short names tell them apart. */
  public String name(@Nullable UUID id) {
    return find(id).map(this::label).orElse(id == null ? "" : id.toString());
  }

  private String label(TenantView tenant) {
    return ambiguous().contains(tenant.name())
        ? "%s (%s)".formatted(tenant.name(), tenant.slug())
        : tenant.name();
  }

  private Set<String> ambiguous() {
    Set<String> known = ambiguous;
    if (known == null) {
      var seen = new HashSet<String>();
      known =
          byId().values().stream()
              .map(TenantView::name)
              .filter(name -> !seen.add(name))
              .collect(Collectors.toSet());
      ambiguous = known;
    }
    return known;
  }

  public String slug(@Nullable UUID id) {
    return find(id).map(TenantView::slug).orElse("");
  }

  Optional<TenantView> find(@Nullable UUID id) {
    return id == null ? Optional.empty() : Optional.ofNullable(byId().get(id));
  }
}
