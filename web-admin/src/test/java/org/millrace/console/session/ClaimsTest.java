package org.millrace.console.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import jakarta.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ClaimsTest {

  @Test
  void theFirstSourceThatHasAClaimIsBelieved() {
    var claims =
        new Claims(List.of(Map.of("name", "Ada"), Map.of("name", "Eve", "tenant", "demo")));
    assertEquals(Optional.of("Ada"), claims.text("name"));
    assertEquals(Optional.of("demo"), claims.text("tenant"));
    assertEquals(Optional.empty(), claims.text("email"));
  }

  @Test
  void groupsAreReadFromJsonAndFromPlainLists() {
    var json =
        Json.createObjectBuilder()
            .add("groups", Json.createArrayBuilder().add("auditor").add("x"))
            .build();
    assertEquals(List.of("auditor", "x"), new Claims(List.of(json)).texts("groups"));
    assertEquals(
        List.of("auditor"),
        new Claims(List.of(Map.of("groups", List.of("auditor")))).texts("groups"));
  }

  @Test
  void aSingleTextCountsAsOneAndABlankOneAsNone() {
    assertEquals(
        List.of("auditor"), new Claims(List.of(Map.of("groups", "auditor"))).texts("groups"));
    assertEquals(List.of(), new Claims(List.of(Map.of("groups", " "))).texts("groups"));
  }
}
