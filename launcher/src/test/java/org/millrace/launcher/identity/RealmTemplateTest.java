package org.millrace.launcher.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RealmTemplateTest {
  private static final String REDIRECT = "http://localhost:18080/*";

  private static JsonNode realm(String secret) throws JsonProcessingException {
    return new ObjectMapper().readTree(RealmTemplate.render(secret, REDIRECT));
  }

  @Test
  void theConsoleGetsItsSecretAndReturnsToItsOwnPortOnly() throws JsonProcessingException {
    var console = realm("a \"quoted\" secret").path("clients").path(0);
    assertEquals("millrace-console", console.path("clientId").asText());
    assertEquals("a \"quoted\" secret", console.path("secret").asText());
    assertEquals(1, console.path("redirectUris").size());
    assertEquals(REDIRECT, console.path("redirectUris").path(0).asText());
    assertEquals(REDIRECT, console.path("attributes").path("post.logout.redirect.uris").asText());
    assertFalse(console.path("publicClient").asBoolean());
  }

  @Test
  void noPlaceIsLeftUnfilled() {
    assertFalse(RealmTemplate.render("s", REDIRECT).contains("@{"));
  }

  @Test
  void thereIsADemoPersonForEachRoleAndTheyAreThoseThatUpPrints() throws JsonProcessingException {
    var realm = realm("s");
    Set<String> roles = new HashSet<>();
    realm.path("roles").path("realm").forEach(role -> roles.add(role.path("name").asText()));
    assertEquals(Set.of("platform-admin", "billing-admin", "tenant-admin", "auditor"), roles);
    Set<DemoPerson> people = new HashSet<>();
    realm
        .path("users")
        .forEach(user ->
            people.add(
                new DemoPerson(
                    user.path("username").asText(),
                    user.path("credentials").path(0).path("value").asText(),
                    user.path("realmRoles").path(0).asText())));
    assertEquals(Set.copyOf(DemoPerson.ALL), people);
  }

  @Test
  void nobodyIsAskedToCompleteAProfile() throws JsonProcessingException {
    for (JsonNode user : realm("s").path("users")) {
      for (String field : List.of("email", "firstName", "lastName")) {
        assertFalse(user.path(field).asText().isEmpty(), user.path("username") + " " + field);
      }
      assertTrue(user.path("emailVerified").asBoolean());
    }
  }

  @Test
  void rolesArriveAsOneFlatClaimInEveryToken() throws JsonProcessingException {
    for (JsonNode client : realm("s").path("clients")) {
      var config = client.path("protocolMappers").path(0).path("config");
      assertEquals("groups", config.path("claim.name").asText());
      for (String token : List.of("access.token.claim", "id.token.claim", "userinfo.token.claim")) {
        assertEquals("true", config.path(token).asText());
      }
    }
  }

  @Test
  void aRealmForAnotherKeycloakHasNobodyInItWhosePasswordEverybodyKnows()
      throws JsonProcessingException {
    var text = RealmTemplate.renderForImport("s", REDIRECT);
    assertFalse(text.contains("demo"), text);
    var whole = realm("s");
    var realm = new ObjectMapper().readTree(text);
    for (String part : List.of("roles", "clients", "components")) {
      assertEquals(whole.path(part), realm.path(part), part);
    }
  }

  @Test
  void theTenantAdminBelongsToTheDemoTenant() throws JsonProcessingException {
    var tenantAdmin = realm("s").path("users").path(2);
    assertEquals("tenant-admin", tenantAdmin.path("realmRoles").path(0).asText());
    assertEquals("demo", tenantAdmin.path("attributes").path("tenant").path(0).asText());
  }
}
