package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.annotation.Resource;
import jakarta.ejb.EJB;
import jakarta.transaction.UserTransaction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.UUID;
import javax.sql.DataSource;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.Testable;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.EnterpriseArchive;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.AuditTrail;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;
import org.millrace.tenancy.api.Tenants;

/**
 * Runs inside Payara, in an application of the product's own EJB jar and libraries, without the
 * engine and the web applications: transactions, the audit trail and row-level security as the
 * container wires them.
 */
@ExtendWith(ArquillianExtension.class)
@SuppressWarnings("NullAway.Init") // the container injects
class InContainerTest {
  private static final String LEFT_OUT = "web-api.war,web-admin.war,serving-ejb.jar,billing.jar";

  @EJB(lookup = "java:app/tenancy/TenantsBean!org.millrace.tenancy.api.Tenants")
  private Tenants tenants;

  @EJB(lookup = "java:app/tenancy/AuditTrailBean!org.millrace.tenancy.api.AuditTrail")
  private AuditTrail audit;

  @Resource(lookup = "java:app/jdbc/millrace")
  private DataSource dataSource;

  @Resource private UserTransaction transaction;

  @Deployment
  static EnterpriseArchive application() throws IOException {
    var file = Path.of(System.getProperty("millrace.root"), "ear", "target", "millrace.ear");
    var ear = ShrinkWrap.createFromZipFile(EnterpriseArchive.class, file.toFile());
    String descriptor;
    try (var in = ear.get("META-INF/application.xml").getAsset().openStream()) {
      descriptor = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    for (var module : LEFT_OUT.split(",")) {
      ear.delete(module);
      descriptor =
          descriptor.replaceAll(
              "(?s)<module>(?:(?!</module>).)*" + module.replace(".", "\\.") + ".*?</module>", "");
    }
    var war =
        Testable.archiveToTest(
            ShrinkWrap.create(WebArchive.class, "it.war")
                .addClass(InContainerTest.class)
                .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml"));
    descriptor =
        descriptor
            .replaceFirst(
                "<module>",
                "<module><web><web-uri>it.war</web-uri><context-root>/it</context-root></web></module><module>")
            .replaceAll("<application-name>[^<]*</application-name>", "");
    ear.delete("META-INF/application.xml");
    return ShrinkWrap.create(EnterpriseArchive.class, "millrace-it.ear")
        .merge(ear)
        .addAsModule(war)
        .setApplicationXML(new StringAsset(descriptor));
  }

  @Test
  void aNameThatIsTakenLeavesNeitherATenantNorAnAuditRow() {
    var slug = slug();
    var tenant = tenants.create(Actor.system(), slug, "First");
    var before = audit.list(Actor.system(), null, 1_000).size();
    var refusal =
        assertThrows(TenancyException.class, () -> tenants.create(Actor.system(), slug, "Second"));
    assertEquals(TenancyError.NAME_TAKEN, refusal.error());
    assertEquals(before, audit.list(Actor.system(), null, 1_000).size());
    assertEquals("First", tenants.find(Actor.system(), tenant.id()).orElseThrow().name());
  }

  @Test
  void aChangeAndItsAuditRowAreCommittedTogetherWhateverTheCallerDoes() throws Exception {
    transaction.begin();
    var tenant = tenants.create(Actor.system(), slug(), "Kept");
    transaction.rollback();
    var entries = audit.list(Actor.system(), tenant.id(), 10);
    assertTrue(tenants.find(Actor.system(), tenant.id()).isPresent());
    assertTrue(entries.stream().anyMatch(entry -> entry.action().equals("tenant.create")));
    assertTrue(audit.firstBroken().isEmpty());
  }

  @Test
  void aConnectionThatHasNotSaidForWhomSeesNoTenantsRows() throws SQLException {
    tenants.create(Actor.system(), slug(), "Hidden");
    for (var table : new String[] {"tenant", "project", "api_key", "hold", "posting"}) {
      assertEquals(0, count("select count(*) from " + table), table);
    }
  }

  @Test
  void aConnectionForOneTenantSeesThatOneAlone() throws SQLException {
    var mine = tenants.create(Actor.system(), slug(), "Mine");
    tenants.create(Actor.system(), slug(), "Theirs");
    try (var connection = dataSource.getConnection();
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("select set_config('millrace.tenant', '%s', true)".formatted(mine.id()));
      try (var rows = statement.executeQuery("select count(*) from project")) {
        rows.next();
        assertEquals(1, rows.getLong(1));
      }
      connection.rollback();
    }
    assertEquals(0, count("select count(*) from project"), "the setting outlived its transaction");
  }

  @Test
  void anActorBoundToATenantDoesNotFindAnother() {
    var mine = tenants.create(Actor.system(), slug(), "Mine");
    var theirs = tenants.create(Actor.system(), slug(), "Theirs");
    var bound = new Actor("s", "Tara", java.util.Set.of(Actor.TENANT_ADMIN), mine.id());
    assertTrue(tenants.find(bound, mine.id()).isPresent());
    assertTrue(tenants.find(bound, theirs.id()).isEmpty());
    assertEquals(1, tenants.list(bound, 0, 100).size());
  }

  @Test
  void theDatabaseItselfEndsATransactionThatIsStuck() throws SQLException {
    assertEquals("10s", text("show lock_timeout"));
    assertEquals("20s", text("show idle_in_transaction_session_timeout"));
  }

  private String text(String sql) throws SQLException {
    try (var connection = dataSource.getConnection();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  private long count(String sql) throws SQLException {
    try (var connection = dataSource.getConnection();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static String slug() {
    return "in-" + UUID.randomUUID().toString().substring(0, 12);
  }
}
