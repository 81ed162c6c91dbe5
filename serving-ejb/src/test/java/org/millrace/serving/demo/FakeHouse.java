package org.millrace.serving.demo;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Credits;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.Prices;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.ApiKeyView;
import org.millrace.tenancy.api.ApiKeys;
import org.millrace.tenancy.api.Limits;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.api.Tenants;

/**
 * As much of tenancy and billing as a demo tenant needs, in memory; writes down what was changed.
 */
final class FakeHouse implements Tenants, ApiKeys, Credits, Prices {
  final List<String> log = new ArrayList<>();
  private final Map<String, TenantView> tenants = new LinkedHashMap<>();
  private final Map<String, Grant> grants = new LinkedHashMap<>();
  private final List<Price> prices = new ArrayList<>();
  private int keys;

  @Override
  public Optional<TenantView> findBySlug(Actor actor, String slug) {
    return Optional.ofNullable(tenants.get(slug));
  }

  @Override
  public TenantView create(Actor actor, String slug, String name) {
    log.add("tenant " + slug);
    var tenant =
        new TenantView(new UUID(1, 1), slug, name, false, Limits.defaults(), Instant.EPOCH);
    tenants.put(slug, tenant);
    return tenant;
  }

  @Override
  public List<ProjectView> projects(Actor actor, UUID tenantId) {
    return List.of(new ProjectView(new UUID(2, 2), tenantId, "default", Instant.EPOCH));
  }

  @Override
  public CreatedKey create(Actor actor, UUID projectId, String name) {
    log.add("key " + name);
    var view =
        new ApiKeyView(
            new UUID(3, ++keys),
            new UUID(1, 1),
            projectId,
            "default",
            name,
            "mlr_live_x",
            Instant.EPOCH,
            null,
            null);
    return new CreatedKey(view, "secret-" + keys);
  }

  @Override
  public Grant grant(
      Actor actor,
      UUID tenantId,
      String reference,
      Money amount,
      int priority,
      @Nullable Instant expiresAt) {
    return grants.computeIfAbsent(
        reference,
        _ -> {
          log.add("grant " + reference + " " + amount.plain() + " " + amount.currency());
          return new Grant(
              new UUID(4, 4), reference, amount, amount, priority, Instant.EPOCH, expiresAt);
        });
  }

  @Override
  public List<Price> current() {
    return List.copyOf(prices);
  }

  @Override
  public void set(
      Actor actor,
      String model,
      BigDecimal input,
      BigDecimal cachedInput,
      BigDecimal output,
      String currency) {
    log.add("price %s %s %s %s %s".formatted(model, input, cachedInput, output, currency));
    prices.add(new Price(model, Meter.INPUT, input, currency, Instant.EPOCH));
  }

  @Override
  public List<TenantView> list(Actor actor, int offset, int limit) {
    return List.copyOf(tenants.values());
  }

  @Override
  public Optional<TenantView> find(Actor actor, UUID tenantId) {
    return tenants.values().stream().filter(tenant -> tenant.id().equals(tenantId)).findFirst();
  }

  @Override
  public TenantView changeLimits(Actor actor, UUID tenantId, Limits limits) {
    throw new UnsupportedOperationException();
  }

  @Override
  public TenantView setSuspended(Actor actor, UUID tenantId, boolean suspended) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ProjectView createProject(Actor actor, UUID tenantId, String name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<ApiKeyView> list(Actor actor, UUID tenantId) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ApiKeyView revoke(Actor actor, UUID keyId) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Balance balance(UUID tenantId) {
    throw new UnsupportedOperationException();
  }
}
