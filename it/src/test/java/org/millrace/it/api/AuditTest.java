package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Ledger;
import org.millrace.it.platform.Tenant;

/** No audit row, no change. */
class AuditTest {
  @Test
  void aChangeWhoseAuditRowIsRefusedDoesNotHappen() throws SQLException {
    var admin = Tenant.admin();
    Ledger.execute(
        """
        CREATE OR REPLACE FUNCTION it_refuse_audit() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no audit today'; END $$;
        CREATE TRIGGER it_refuse_audit BEFORE INSERT ON audit_entry
        FOR EACH ROW EXECUTE FUNCTION it_refuse_audit();
        """);
    try {
      var answer = admin.post("/admin/v1/tenants", "{\"slug\":\"it-unaudited\",\"name\":\"x\"}");
      assertTrue(answer.status() >= 500, answer.body());
    } finally {
      Ledger.execute(
          "DROP TRIGGER it_refuse_audit ON audit_entry; DROP FUNCTION it_refuse_audit();");
    }
    assertEquals(0, Ledger.count("select count(*) from tenant where slug = 'it-unaudited'"));
  }

  @Test
  void everyAdminActionIsInTheTrailAndTheChainIsWhole() {
    var tenant = Tenant.create("1");
    var trail = Tenant.admin().get("/admin/v1/audit?tenant=" + tenant.id()).json();
    var text = trail.toString();
    for (var action : new String[] {"tenant.create", "key.create"}) {
      assertTrue(text.contains(action), text);
    }
    assertTrue(trail.path("data").size() >= 3, text);
    assertTrue(Tenant.admin().get("/admin/v1/audit").json().path("chain_whole").asBoolean());
    assertTrue(!text.contains(String.valueOf(tenant.api().bearer())), "a secret is in the trail");
  }
}
