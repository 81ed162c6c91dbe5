package org.millrace.tenancy.admin;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.millrace.tenancy.access.Access;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.ApiKeyView;
import org.millrace.tenancy.api.ApiKeys;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;
import org.millrace.tenancy.key.ApiKeyText;
import org.millrace.tenancy.key.SecretHasher;
import org.millrace.tenancy.persistence.AuditLog;
import org.millrace.tenancy.persistence.KeyStore;
import org.millrace.tenancy.persistence.Tables;
import org.millrace.transaction.UnitOfWork;

/** See {@link ApiKeys}. Thread-safe as far as {@code random} is. */
public final class KeyAdministration implements ApiKeys {
  private final UnitOfWork<Tables> work;
  private final SecretHasher hasher;
  private final InstantSource clock;
  private final Supplier<UUID> ids;
  private final RandomGenerator random;

  /**
   * @param random cryptographically strong
   */
  public KeyAdministration(
      UnitOfWork<Tables> work,
      SecretHasher hasher,
      InstantSource clock,
      Supplier<UUID> ids,
      RandomGenerator random) {
    this.work = work;
    this.hasher = hasher;
    this.clock = clock;
    this.ids = ids;
    this.random = random;
  }

  @Override
  public List<ApiKeyView> list(Actor actor, UUID tenantId) {
    return work.in(
        Access.toRead(actor, tenantId),
        tables -> {
          Checks.exists(tables.tenants(), tenantId);
          return tables.keys().list(tenantId);
        });
  }

  @Override
  public CreatedKey create(Actor actor, UUID projectId, String name) {
    var scope = Access.toManage(actor);
    String checkedName = Checks.name("key", name);
    ApiKeyText key = ApiKeyText.generate(random);
    return work.in(
        scope,
        tables -> {
          ProjectView project =
              tables
                  .tenants()
                  .findProject(projectId)
                  .orElseThrow(() -> notFound("project", projectId));
          Instant now = now();
          ApiKeyView stored =
              tables.keys().add(project, ids.get(), key, hasher.hash(key), checkedName, now);
          var details =
              Map.of("key", key.prefix(), "name", checkedName, "project", projectId.toString());
          tables.audit().append(event(actor, stored, "key.create", details), now);
          return new CreatedKey(stored, key.reveal());
        });
  }

  @Override
  public ApiKeyView revoke(Actor actor, UUID keyId) {
    return work.in(
        Access.toManage(actor),
        tables -> {
          Instant now = now();
          KeyStore.Revocation revocation =
              tables.keys().revoke(keyId, now).orElseThrow(() -> notFound("API key", keyId));
          if (revocation.changed()) {
            var details = Map.of("key", revocation.key().prefix());
            tables.audit().append(event(actor, revocation.key(), "key.revoke", details), now);
          }
          return revocation.key();
        });
  }

  private static AuditLog.Event event(
      Actor actor, ApiKeyView key, String action, Map<String, String> details) {
    return new AuditLog.Event(actor, key.tenantId(), action, key.id().toString(), details);
  }

  private static TenancyException notFound(String what, UUID id) {
    return new TenancyException(TenancyError.NOT_FOUND, "there is no %s %s".formatted(what, id));
  }

  /** As precise as the database, so that what is answered is what is stored. */
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}
