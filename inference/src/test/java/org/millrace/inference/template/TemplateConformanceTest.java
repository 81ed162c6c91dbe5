package org.millrace.inference.template;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.millrace.inference.api.Conversation;
import org.millrace.inference.api.InvalidRequestException;

/** Compares with what Jinja 3.1 in Python makes of real models' templates. */
class TemplateConformanceTest {
  private static final Path FOLDER =
      Path.of(
              Optional.ofNullable(System.getenv("MILLRACE_CONFORMANCE"))
                  .orElse("../../shared/conformance"))
          .resolve("templates");

  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-03-14T15:09:26Z"));

  private static final ObjectMapper JSON = new ObjectMapper();

  @BeforeAll
  static void needsTheData() {
    assumeTrue(
        Files.isDirectory(FOLDER),
        () -> "no conformance data at " + FOLDER.toAbsolutePath() + "; set MILLRACE_CONFORMANCE");
  }

  @Test
  void everyCaseRendersTheSameOrFailsTheSame() throws IOException {
    JsonNode expected = JSON.readTree(FOLDER.resolve("expected.json").toFile());
    var checks = new ArrayList<Executable>();
    for (JsonNode one : expected.get("cases")) {
      checks.add(() -> check(one, conversation(expected, one.get("conversation").textValue())));
    }
    assertTrue(checks.size() >= 108);
    assertAll(checks);
  }

  private static void check(JsonNode one, Conversation conversation) throws IOException {
    String name = one.get("template").textValue() + " / " + one.get("conversation").textValue();
    var template =
        template(
            one.get("template").textValue(),
            one.get("bos_token").textValue(),
            one.get("eos_token").textValue());
    if (one.has("error")) {
      var refused =
          assertThrows(InvalidRequestException.class, () -> template.render(conversation), name);
      assertTrue(
          String.valueOf(refused.getMessage()).endsWith(": " + one.get("error").textValue()),
          () -> name + ": " + refused.getMessage());
    } else {
      assertEquals(one.get("rendered").textValue(), template.render(conversation).value(), name);
    }
  }

  @Test
  void templatesWithoutExpectationsRenderPlainConversations() throws IOException {
    JsonNode expected = JSON.readTree(FOLDER.resolve("expected.json").toFile());
    for (String file :
        List.of(
            "meetkai-functionary-medium-v3.2.jinja", "meta-llama-Llama-3.3-70B-Instruct.jinja")) {
      for (String conversation : List.of("single", "multi_system", "tools_first_turn")) {
        String prompt =
            template(file, "<bos>", "<eos>").render(conversation(expected, conversation)).value();
        assertFalse(prompt.isBlank(), file);
      }
    }
  }

  private static ChatTemplate template(String file, String bos, String eos) throws IOException {
    return new ChatTemplate(
        Files.readString(FOLDER.resolve(file)), bos, eos, CLOCK, ZoneOffset.UTC);
  }

  private static Conversation conversation(JsonNode expected, String name) {
    JsonNode given = expected.get("conversations").get(name);
    var list = new TypeReference<List<Map<String, Object>>>() {};
    return new Conversation(
        JSON.convertValue(given.get("messages"), list),
        given.has("tools") ? JSON.convertValue(given.get("tools"), list) : List.of(),
        given.get("add_generation_prompt").booleanValue());
  }
}
