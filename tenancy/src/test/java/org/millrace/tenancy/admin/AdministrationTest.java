package org.millrace.tenancy.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.db.Fixture;
import org.millrace.db.TenantScope;
import org.millrace.db.TestDatabase;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.ApiKeyView;
import org.millrace.tenancy.api.ApiKeys;
import org.millrace.tenancy.api.AuditTrail.AuditEntry;
import org.millrace.tenancy.api.Caller;
import org.millrace.tenancy.api.Limits;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.key.KeyAuthentication;
import org.millrace.tenancy.key.KeyCache;
import org.millrace.tenancy.key.LastUse;
import org.millrace.tenancy.key.SecretHasher;
import org.millrace.tenancy.key.StoredKey;
import org.millrace.tenancy.persistence.ApiKeyEntity;
import org.millrace.tenancy.persistence.AuditLog;
import org.millrace.tenancy.persistence.DatabaseFailures;
import org.millrace.tenancy.persistence.KeyTable;
import org.millrace.tenancy.persistence.ProjectEntity;
import org.millrace.tenancy.persistence.Tables;
import org.millrace.tenancy.persistence.TenantEntity;
import org.millrace.transaction.LocalUnitOfWork;

/** Tenants, projects, keys and their audit trail, on a real database with row-level security. */
class AdministrationTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00.123456Z");
  private static final TestDatabase DATABASE = TestDatabase.migrated();
  private static final LocalUnitOfWork<Tables> WORK =
      new LocalUnitOfWork<>(
          DATABASE.appSource(),
          List.of(TenantEntity.class, ProjectEntity.class, ApiKeyEntity.class),
          Tables::new,
          DatabaseFailures::translated);
  private static final SecretHasher HASHER = new SecretHasher(new byte[32]);
  private static int number;

  private final TenantAdministration tenants =
      new TenantAdministration(WORK, () -> NOW, UUID::randomUUID);
  private final KeyAdministration keys =
      new KeyAdministration(WORK, HASHER, () -> NOW, UUID::randomUUID, new Random());
  private final AuditReading audit = new AuditReading(WORK);
  private final TenantView mill = tenants.create(Actor.system(), "mill-" + ++number, "The Mill");

  @AfterAll
  static void close() {
    WORK.close();
  }

  @Test
  void aNewTenantHasAProjectDefaultLimitsAndAnAuditRow() {
    assertEquals(Limits.defaults(), mill.limits());
    assertEquals(NOW, mill.createdAt());
    assertEquals(Optional.of(mill), tenants.find(Actor.system(), mill.id()));
    assertEquals(Optional.of(mill), tenants.findBySlug(Actor.system(), mill.slug()));
    List<ProjectView> projects = tenants.projects(Actor.system(), mill.id());
    assertEquals(List.of("default"), projects.stream().map(ProjectView::name).toList());
    AuditEntry entry = audit.list(Actor.system(), mill.id(), 10).getFirst();
    assertEquals("tenant.create", entry.action());
    assertEquals(Map.of("slug", mill.slug(), "name", "The Mill"), entry.details());
    assertEquals(NOW, entry.at());
    assertEquals("Millrace", entry.actor());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "UPPER",
        "with space",
        "ünder",
        "x_y",
        "01234567890123456789012345678901234567890"
      })
  void aBadSlugIsRefused(String slug) {
    assertRefused(TenancyError.INVALID_VALUE, () -> tenants.create(Actor.system(), slug, "n"));
  }

  @Test
  void aTakenSlugOrProjectNameIsRefusedAndLeavesNothingBehind() {
    int before = audit.list(Actor.system(), null, 1000).size();
    assertRefused(TenancyError.NAME_TAKEN, () -> tenants.create(Actor.system(), mill.slug(), "n"));
    assertRefused(
        TenancyError.NAME_TAKEN,
        () -> tenants.createProject(Actor.system(), mill.id(), " default "));
    assertEquals(before, audit.list(Actor.system(), null, 1000).size());
  }

  @Test
  void limitsAndSuspensionAreChangedAndRecorded() {
    Limits few = new Limits(1, 2, 3, 4);
    assertEquals(few, tenants.changeLimits(Actor.system(), mill.id(), few).limits());
    assertTrue(tenants.setSuspended(Actor.system(), mill.id(), true).suspended());
    TenantView stored = tenants.find(Actor.system(), mill.id()).orElseThrow();
    assertEquals(few, stored.limits());
    assertTrue(stored.suspended());
    assertEquals(
        List.of("tenant.suspend", "tenant.limits", "tenant.create"), actions(Actor.system()));
    assertRefused(
        TenancyError.INVALID_VALUE,
        () -> tenants.changeLimits(Actor.system(), mill.id(), new Limits(0, 1, 1, 1)));
    assertRefused(
        TenancyError.NOT_FOUND, () -> tenants.changeLimits(Actor.system(), UUID.randomUUID(), few));
  }

  @Test
  void aTenantAdminSeesAndManagesTheOwnTenantAlone() {
    TenantView other = tenants.create(Actor.system(), "other-" + number, "Other");
    ProjectView othersProject = tenants.projects(Actor.system(), other.id()).getFirst();
    ApiKeys.CreatedKey othersKey = keys.create(Actor.system(), othersProject.id(), "k");
    Actor admin = new Actor("s", "Ada", Set.of(Actor.TENANT_ADMIN), mill.id());

    assertEquals(List.of(mill), tenants.list(admin, 0, 100));
    assertEquals(Optional.empty(), tenants.find(admin, other.id()));
    assertEquals(Optional.empty(), tenants.findBySlug(admin, other.slug()));
    assertRefused(TenancyError.NOT_FOUND, () -> tenants.projects(admin, other.id()));
    assertRefused(TenancyError.NOT_FOUND, () -> keys.list(admin, other.id()));
    assertRefused(TenancyError.NOT_FOUND, () -> keys.create(admin, othersProject.id(), "k"));
    assertRefused(TenancyError.NOT_FOUND, () -> keys.revoke(admin, othersKey.key().id()));
    assertRefused(TenancyError.FORBIDDEN, () -> tenants.create(admin, "new-one", "n"));

    ProjectView project = tenants.createProject(admin, mill.id(), "ours");
    ApiKeys.CreatedKey key = keys.create(admin, project.id(), "k");
    assertEquals(List.of(key.key()), keys.list(admin, mill.id()));
    keys.revoke(admin, key.key().id());
    assertEquals(
        List.of("key.revoke", "key.create", "project.create", "tenant.create"), actions(admin));
    assertTrue(
        audit.list(admin, null, 1000).stream().allMatch(e -> mill.id().equals(e.tenantId())));
  }

  @Test
  void aKeysSecretIsInTheAnswerAndNowhereElse() throws SQLException {
    ProjectView project = tenants.projects(Actor.system(), mill.id()).getFirst();
    ApiKeys.CreatedKey created = keys.create(Actor.system(), project.id(), "for a test");
    String secret = created.secret().substring(created.key().prefix().length() + 1);
    assertTrue(created.secret().startsWith(created.key().prefix() + "_"));
    assertNull(created.key().lastUsedAt());
    assertNull(created.key().revokedAt());
    try (Connection owner = DATABASE.asOwner()) {
      assertEquals(
          0,
          Fixture.count(
              owner,
              "SELECT count(*) FROM (SELECT k::text AS t FROM api_key k UNION ALL SELECT a::text FROM audit_entry a) AS texts WHERE t LIKE ?",
              "%" + secret.substring(0, 20) + "%"));
    }
  }

  @Test
  void aCreatedKeyAuthenticatesUntilItIsRevoked() {
    ProjectView project = tenants.projects(Actor.system(), mill.id()).getFirst();
    ApiKeys.CreatedKey created = keys.create(Actor.system(), project.id(), "k");
    AtomicLong nanos = new AtomicLong();
    KeyCache cache = new KeyCache(AdministrationTest::find, nanos::get, 10);
    KeyAuthentication authentication =
        new KeyAuthentication(cache, HASHER, new LastUse(10), () -> NOW);

    Caller caller = authentication.authenticate(created.secret());
    assertEquals(
        new Caller(mill.id(), mill.slug(), project.id(), created.key().id(), mill.limits()),
        caller);

    ApiKeyView revoked = keys.revoke(Actor.system(), created.key().id());
    assertEquals(NOW, revoked.revokedAt());
    assertEquals(revoked, keys.revoke(Actor.system(), created.key().id()));
    assertEquals(List.of("key.revoke", "key.create", "tenant.create"), actions(Actor.system()));
    nanos.set(999_999_999);
    assertRefused(TenancyError.KEY_REVOKED, () -> authentication.authenticate(created.secret()));
  }

  @Test
  void theLastUseIsWrittenAndNeverTurnedBack() throws SQLException {
    ProjectView project = tenants.projects(Actor.system(), mill.id()).getFirst();
    UUID key = keys.create(Actor.system(), project.id(), "k").key().id();
    for (Instant at : List.of(NOW.plusSeconds(60), NOW)) {
      try (Connection app = DATABASE.asApp()) {
        app.setAutoCommit(false);
        KeyTable.writeLastUse(app, List.of(new LastUse.Use(key, at)));
        app.commit();
      }
    }
    assertEquals(NOW.plusSeconds(60), keys.list(Actor.system(), mill.id()).getFirst().lastUsedAt());
  }

  @Test
  void aChangeWhoseAuditRowCannotBeWrittenIsNotMade() {
    Actor nameless = new Actor("", "Nobody", Set.of(Actor.PLATFORM_ADMIN), null);
    assertThrows(
        RuntimeException.class, () -> tenants.createProject(nameless, mill.id(), "unrecorded"));
    assertEquals(1, tenants.projects(Actor.system(), mill.id()).size());
    assertEquals(OptionalLong.empty(), audit.firstBroken());
  }

  @Test
  void tamperingWithTheTrailIsFoundAtTheEntry() throws SQLException {
    WORK.in(
        TenantScope.none(),
        tables -> {
          var event = new AuditLog.Event(Actor.system(), null, "test.one", "x", Map.of("a", "b"));
          tables.audit().append(event, NOW);
          return true;
        });
    long sequence = audit.list(Actor.system(), null, 1).getFirst().sequence();
    assertEquals(OptionalLong.empty(), audit.firstBroken());
    try (Connection superuser = DATABASE.asSuperuser()) {
      Fixture.run(superuser, "SET session_replication_role = replica");
      Fixture.run(
          superuser, "UPDATE audit_entry SET actor_name = 'Mallory' WHERE sequence = ?", sequence);
      assertEquals(OptionalLong.of(sequence), audit.firstBroken());
      Fixture.run(
          superuser, "UPDATE audit_entry SET actor_name = 'Millrace' WHERE sequence = ?", sequence);
    }
    assertEquals(OptionalLong.empty(), audit.firstBroken());
  }

  @Test
  void withoutAScopeNothingIsSeen() {
    assertEquals(List.of(), WORK.in(TenantScope.none(), tables -> tables.tenants().list(0, 10)));
    assertEquals(
        Optional.empty(), WORK.in(TenantScope.none(), tables -> tables.tenants().find(mill.id())));
    assertEquals(List.of(), WORK.in(TenantScope.none(), tables -> tables.keys().list(mill.id())));
    assertEquals(List.of(), WORK.in(TenantScope.none(), tables -> tables.audit().list(null, 10)));
  }

  @Test
  void pagesAreBounded() {
    assertRefused(TenancyError.INVALID_VALUE, () -> tenants.list(Actor.system(), 0, 1001));
    assertRefused(TenancyError.INVALID_VALUE, () -> tenants.list(Actor.system(), -1, 10));
    assertRefused(TenancyError.INVALID_VALUE, () -> audit.list(Actor.system(), null, 0));
    assertEquals(1, tenants.list(Actor.system(), 0, 1).size());
  }

  private static Optional<StoredKey> find(String publicId) {
    try (Connection app = DATABASE.asApp()) {
      return KeyTable.find(app, publicId);
    } catch (SQLException e) {
      throw DatabaseFailures.translated(e);
    }
  }

  private List<String> actions(Actor actor) {
    return audit.list(actor, mill.id(), 100).stream().map(AuditEntry::action).toList();
  }

  private static void assertRefused(TenancyError error, Executable attempt) {
    assertEquals(error, assertThrows(TenancyException.class, attempt).error());
  }
}
