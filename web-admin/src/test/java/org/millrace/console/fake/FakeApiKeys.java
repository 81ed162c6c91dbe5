package org.millrace.console.fake;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.ApiKeyView;
import org.millrace.tenancy.api.ApiKeys;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;

/** Keys in a list, newest first. */
@Singleton
public class FakeApiKeys implements ApiKeys {
  @Inject public FakeTenants tenants;
  public final List<ApiKeyView> all = new ArrayList<>();

  @Override
  public List<ApiKeyView> list(Actor actor, UUID tenantId) {
    return all.stream().filter(k -> k.tenantId().equals(tenantId)).toList();
  }

  @Override
  public CreatedKey create(Actor actor, UUID projectId, String name) {
    if (name.length() > 80) {
      throw new TenancyException(
          TenancyError.INVALID_VALUE,
          "the name has %d characters; the limit is 80".formatted(name.length()));
    }
    ProjectView project =
        tenants.projects.stream().filter(p -> p.id().equals(projectId)).findFirst().orElseThrow();
    String publicId = UUID.randomUUID().toString().substring(0, 8);
    var key =
        new ApiKeyView(
            UUID.randomUUID(),
            project.tenantId(),
            projectId,
            project.name(),
            name,
            "mlr_live_" + publicId,
            Instant.now(),
            null,
            null);
    all.addFirst(key);
    return new CreatedKey(key, key.prefix() + "_3vTqzJ8mYw5cXk2RnB7hLpD4sFgA9eU6");
  }

  @Override
  public ApiKeyView revoke(Actor actor, UUID keyId) {
    all.replaceAll(k -> k.id().equals(keyId) && k.revokedAt() == null ? revoked(k) : k);
    return all.stream().filter(k -> k.id().equals(keyId)).findFirst().orElseThrow();
  }

  private static ApiKeyView revoked(ApiKeyView k) {
    return new ApiKeyView(
        k.id(),
        k.tenantId(),
        k.projectId(),
        k.projectName(),
        k.name(),
        k.prefix(),
        k.createdAt(),
        k.lastUsedAt(),
        Instant.now());
  }
}
