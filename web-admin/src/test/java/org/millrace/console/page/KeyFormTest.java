package org.millrace.console.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.millrace.console.session.NotAllowedException;
import org.millrace.serving.api.Models.ServedModel;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.ApiKeys.CreatedKey;
import org.millrace.tenancy.api.TenantView;

class KeyFormTest {
  private final House house = new House();

  private KeyForm filled(TenantView tenant, TenantView projectOf) {
    house.parameters.put("slug", tenant.slug());
    KeyForm form = house.keyForm();
    form.setName("production");
    form.setProjectId(
        house.tenants.projects(Actor.system(), projectOf.id()).getFirst().id().toString());
    return form;
  }

  @Test
  void aNewKeysSecretIsInThisRequestAlone() {
    KeyForm form = filled(house.demo, house.demo);
    form.create();
    CreatedKey created = form.getCreated();
    assertNotNull(created);
    assertTrue(form.getCurl().contains(created.secret()));
    assertNull(house.keyForm().getCreated());
    assertFalse(house.said.done.toString().contains(created.secret()));
  }

  @Test
  void theSnippetsAreReadyToPasteAgainstThisServerAndModel() {
    house.serving.models.add(
        new ServedModel("millrace-demo", "llama", "Q8_0", 7, 1024, 1024, Instant.EPOCH));
    KeyForm form = filled(house.demo, house.demo);
    form.create();
    assertTrue(form.getCurl().startsWith("curl -N http://localhost:8080/v1/chat/completions"));
    assertTrue(form.getCurl().contains("\"model\": \"millrace-demo\""));
    assertTrue(form.getPython().contains("base_url=\"http://localhost:8080/v1\""));
    assertTrue(form.getPython().contains("model=\"millrace-demo\""));
  }

  @Test
  void aProjectOfAnotherTenantIsRefused() {
    KeyForm form = filled(house.demo, house.acme);
    form.create();
    assertNull(form.getCreated());
    assertEquals(1, house.said.refused.size());
    assertTrue(house.keys.all.isEmpty());
  }

  @Test
  void anAuditorCannotCreateOrRevokeEvenWithoutTheButtons() {
    house.as(Actor.AUDITOR);
    KeyForm form = filled(house.demo, house.demo);
    assertThrows(NotAllowedException.class, form::create);
    assertThrows(NotAllowedException.class, form::revoke);
    assertTrue(house.keys.all.isEmpty());
  }

  @Test
  void revokingLeadsBackToThePage() {
    KeyForm create = filled(house.demo, house.demo);
    create.create();
    house.parameters.put("key", house.keys.all.getFirst().id().toString());
    assertEquals("tenant?faces-redirect=true&slug=demo", house.keyForm().revoke());
    assertNotNull(house.keys.all.getFirst().revokedAt());
  }

  @Test
  void aKeyOfAnotherTenantIsNotRevokedFromThisPage() {
    filled(house.acme, house.acme).create();
    house.asTenantAdminOf(house.demo);
    house.parameters.put("key", house.keys.all.getFirst().id().toString());
    assertNull(house.keyForm().revoke());
    assertNull(house.keys.all.getFirst().revokedAt());
    assertEquals(1, house.said.refused.size());
  }
}
