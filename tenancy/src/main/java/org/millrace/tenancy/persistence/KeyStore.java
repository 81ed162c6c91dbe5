package org.millrace.tenancy.persistence;

import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.millrace.tenancy.api.ApiKeyView;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.key.ApiKeyText;

/** API keys, as far as the transaction's scope shows them. */
public final class KeyStore {
  private final EntityManager em;

  public KeyStore(EntityManager em) {
    this.em = em;
  }

  /** What a revocation did. */
  public record Revocation(ApiKeyView key, boolean changed) {}

  /** Newest first. */
  public List<ApiKeyView> list(UUID tenantId) {
    return em.createQuery(
            """
            select k, p.name from ApiKey k join Project p on p.id = k.projectId
             where k.tenantId = :tenant order by k.createdAt desc, k.id\
            """,
            Object[].class)
        .setParameter("tenant", tenantId)
        .getResultStream()
        .map(row -> ((ApiKeyEntity) row[0]).view((String) row[1]))
        .toList();
  }

  public ApiKeyView add(
      ProjectView project, UUID id, ApiKeyText key, byte[] secretHmac, String name, Instant now) {
    ApiKeyEntity entity = new ApiKeyEntity(project, id, key, secretHmac, name, now);
    em.persist(entity);
    em.flush();
    return entity.view(project.name());
  }

  public Optional<Revocation> revoke(UUID keyId, Instant now) {
    // Locked, so that of two who revoke at once one changes it and the other finds it changed.
    return Optional.ofNullable(em.find(ApiKeyEntity.class, keyId, LockModeType.PESSIMISTIC_WRITE))
        .map(key -> {
          boolean changed = key.revoke(now);
          String project =
              new TenantStore(em).findProject(key.projectId()).map(ProjectView::name).orElseThrow();
          return new Revocation(key.view(project), changed);
        });
  }
}
