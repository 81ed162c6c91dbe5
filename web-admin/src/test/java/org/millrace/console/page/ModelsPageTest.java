package org.millrace.console.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.millrace.console.session.NotAllowedException;
import org.millrace.serving.api.Models.ServedModel;
import org.millrace.serving.api.ServingStatus.ReplicaView;
import org.millrace.tenancy.api.Actor;

class ModelsPageTest {
  private final House house = new House();

  private void served(String name) {
    house.serving.models.add(new ServedModel(name, "llama", "Q8_0", 7, 1024, 1024, Instant.EPOCH));
  }

  private ModelsPage filled(String output) {
    house.parameters.put("model", "millrace-demo");
    ModelsPage page = house.modelsPage();
    page.setInput(new BigDecimal("0.1"));
    page.setCachedInput(new BigDecimal("0.025"));
    page.setOutput(new BigDecimal(output));
    page.setCurrency("eur");
    return page;
  }

  @Test
  void aServedModelWithoutPricesIsPointedOut() {
    served("millrace-demo");
    assertTrue(house.modelsPage().isAnyUnpriced());
    filled("0.4").setPrices();
    assertFalse(house.modelsPage().isAnyUnpriced());
  }

  @Test
  void pricesAreShownAsTheyWereTyped() {
    served("millrace-demo");
    assertNotNull(filled("0.40").setPrices());
    var row = house.modelsPage().getRows().getFirst();
    assertEquals("0.4", row.plain("OUTPUT"));
    assertEquals("0.025", row.plain("CACHED_INPUT"));
    assertEquals("EUR", row.getCurrency());
  }

  @Test
  void aPricedModelThatIsNotServedIsStillListed() {
    filled("0.4").setPrices();
    var row = house.modelsPage().getRows().getFirst();
    assertNull(row.served());
    assertFalse(house.modelsPage().isAnyUnpriced());
  }

  @Test
  void aNegativePriceIsRefusedOnTheForm() {
    ModelsPage page = filled("0.4");
    page.setInput(new BigDecimal("-1"));
    assertNull(page.setPrices());
    assertTrue(house.said.refused.getFirst().contains("must not be negative"));
  }

  @Test
  void onlyThoseWhoMaySetPrices() {
    house.as(Actor.AUDITOR);
    assertThrows(NotAllowedException.class, filled("1")::setPrices);
    house.asTenantAdminOf(house.demo);
    assertThrows(NotAllowedException.class, filled("1")::setPrices);
    house.as(Actor.BILLING_ADMIN);
    assertNotNull(filled("1").setPrices());
  }

  private ModelsPage.Row stands(String model, String state) {
    house.serving.replicas = List.of(replica(model, state));
    return house.modelsPage().getRows().getFirst();
  }

  private static ReplicaView replica(String model, String state) {
    return new ReplicaView(model, "", "", state, 0, 0, 0, 0, 0, 0, "");
  }

  @Test
  void aModelIsOfferedToBeUnloadedWhileItIsThereAndToBeLoadedWhileItIsNot() {
    assertTrue(stands("gone", "unloaded").isLoadable());
    assertTrue(stands("broken", "failed").isLoadable());
    assertFalse(stands("gone", "loading").isLoadable());
    served("here");
    assertTrue(stands("here", "serving").isUnloadable());
    assertTrue(stands("here", "failed").isUnloadable());
    assertFalse(stands("here", "serving").isLoadable());
    assertFalse(stands("here", "draining").isUnloadable());
  }

  @Test
  void modelsAreTakenOutAndInByThoseWhoMay() {
    house.parameters.put("model", "millrace-demo");
    ModelsPage page = house.modelsPage();
    page.setGraceMinutes(5);
    assertNotNull(page.unload());
    assertNotNull(page.load());
    assertEquals(
        List.of("unload millrace-demo within PT5M", "load millrace-demo"), house.serving.asked);
    house.parameters.put("model", "busy");
    assertNull(house.modelsPage().load());
    assertTrue(house.said.refused.getFirst().contains("still run"));
    house.as(Actor.BILLING_ADMIN);
    assertThrows(NotAllowedException.class, house.modelsPage()::unload);
    assertThrows(NotAllowedException.class, house.modelsPage()::load);
  }

  @Test
  void theAuditPageSaysWhereTheChainBreaks() {
    assertTrue(house.auditPage().isWhole());
    house.audit.broken = OptionalLong.of(17);
    assertFalse(house.auditPage().isWhole());
    assertEquals(17, house.auditPage().getBrokenAt());
  }

  @Test
  void aTenantAdminSeesTheirOwnEntriesAlone() {
    house.audit.append(
        Actor.system(), house.demo.id(), "key.create", "k", Map.of("b", "2", "a", "1"));
    house.audit.append(Actor.system(), house.acme.id(), "key.create", "k", Map.of());
    house.asTenantAdminOf(house.demo);
    var entries = house.auditPage().getEntries();
    assertEquals(1, entries.size());
    assertEquals("a", house.auditPage().details(entries.getFirst()).getFirst().getKey());
  }
}
