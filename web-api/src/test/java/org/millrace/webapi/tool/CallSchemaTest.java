package org.millrace.webapi.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.millrace.webapi.json.JsonWriter;

/** The schema of a call says all that the function's own schema says, and no more. */
class CallSchemaTest {
  @Test
  void argumentsAreAnObjectAndNeverNull() {
    var parameters = Map.of("type", List.of("object", "null"), "nullable", true);
    assertTrue(CallSchema.allowsObject(parameters));
    assertEquals(
        Map.of("type", "object"), CallSchema.arguments(new CallSchema.Function("f", parameters)));
    assertFalse(CallSchema.allowsObject(Map.of("type", "array")));
    assertTrue(CallSchema.allowsObject(Map.of("properties", Map.of())));
  }

  @Test
  void aConstantOfNullStaysOne() {
    Map<String, @Nullable Object> constant = new LinkedHashMap<>();
    constant.put("const", null);
    var function = new CallSchema.Function("f", Map.of("properties", Map.of("a", constant)));
    assertTrue(
        JsonWriter.text(CallSchema.calls(List.of(function), false))
            .contains("{\"a\":{\"const\":null}}"));
  }

  @Test
  void referencesLeadToTheFunctionsOwnRoot() {
    var function =
        new CallSchema.Function(
            "f", Map.of("properties", Map.of("$ref", Map.of("$ref", "#/$defs/x"))));
    assertTrue(
        JsonWriter.text(CallSchema.calls(List.of(function), true))
            .contains("{\"$ref\":{\"$ref\":\"#/$defs/f/$defs/x\"}}"));
  }
}
