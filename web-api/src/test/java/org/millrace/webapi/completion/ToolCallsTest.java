package org.millrace.webapi.completion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.millrace.webapi.ScriptedStream.delta;
import static org.millrace.webapi.ScriptedStream.usage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionEvent.ChoiceFinished;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.CompletionRequest.Chat;
import org.millrace.serving.api.CompletionRequest.JsonSchema;
import org.millrace.webapi.House;

/** Calls of tools, from the request to the answer as OpenAI's clients expect it. */
class ToolCallsTest {
  private static final String BODY =
      """
      {"model":"org/tiny","messages":[{"role":"user","content":"Hi"}],"tools":[
        {"type":"function","function":{"name":"weather","strict":true,"parameters":{"type":"object","$defs":{"c":{"type":"string"}},
          "properties":{"city":{"$ref":"#/$defs/c"}},"required":["city"],"additionalProperties":false}}},
        {"type":"function","function":{"name":"now"}}]%s}
      """;
  private static final String NAMED =
      ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"weather\"}}";

  private final House house = new House();

  private void answers(FinishReason reason, String... texts) {
    var script = new ArrayList<CompletionEvent>();
    Arrays.stream(texts).forEach(text -> script.add(delta(0, text)));
    script.add(new ChoiceFinished(0, reason));
    script.add(new Completed(usage(7, 0, 9)));
    house.script = script.toArray(CompletionEvent[]::new);
  }

  private String post(String more) {
    return house.post("/v1/chat/completions", BODY.formatted(more)).body();
  }

  private String schema() {
    var format = Objects.requireNonNull(house.submitted.getLast().format());
    assertEquals("tool_choice", format.parameter());
    return assertInstanceOf(JsonSchema.class, format.form()).schema();
  }

  @Test
  void aNamedFunctionsParametersAreWhatTheTextMustKeepTo() {
    post(NAMED);
    assertEquals(
        "{\"type\":\"object\",\"$defs\":{\"c\":{\"type\":\"string\"}},\"properties\":{\"city\":{\"$ref\":\"#/$defs/c\"}},"
            + "\"required\":[\"city\"],\"additionalProperties\":false}",
        schema());
  }

  @Test
  void aRequiredCallNamesItsFunctionFirstAndReferencesFollowTheirSchema() {
    post(",\"tool_choice\":\"required\",\"parallel_tool_calls\":false");
    var one = schema();
    assertTrue(one.contains("\"city\":{\"$ref\":\"#/$defs/weather/$defs/c\"}"), one);
    assertTrue(
        one.contains("{\"name\":{\"const\":\"now\"},\"arguments\":{\"$ref\":\"#/$defs/now\"}}"),
        one);
    assertTrue(
        one.contains(
            "\"now\":{\"properties\":{},\"additionalProperties\":false,\"type\":\"object\"}"),
        one);
    assertFalse(one.contains("maxItems"), one);
    post(",\"tool_choice\":\"required\"");
    assertTrue(schema().contains("\"minItems\":1,\"maxItems\":16"), schema());
  }

  @Test
  void allowedToolsAreThoseThatMayBeCalled() {
    post(
        ",\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"now\"}}]}}");
    assertTrue(schema().contains("\"now\""), schema());
    assertFalse(schema().contains("weather"), schema());
    var chat = assertInstanceOf(Chat.class, house.submitted.getLast().prompts().getFirst());
    assertEquals(2, chat.tools().size());
  }

  @Test
  void withoutForceTheFormatIsTheCallersOwn() {
    post("");
    assertNull(house.submitted.getLast().format());
    post(",\"response_format\":{\"type\":\"json_object\"}");
    assertEquals(
        "response_format", Objects.requireNonNull(house.submitted.getLast().format()).parameter());
  }

  @Test
  void aForcedCallIsNoContentButAToolCall() {
    answers(FinishReason.STOP, "{\"ci", "ty\":\"Ulm\"}");
    var body = post(NAMED);
    assertTrue(
        body.contains(
            "\"content\":null,\"refusal\":null,\"annotations\":[],\"tool_calls\":[{\"id\":\"call_"),
        body);
    assertTrue(
        body.contains(
            "\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"Ulm\\\"}\"}}]"),
        body);
    assertTrue(body.contains("\"finish_reason\":\"tool_calls\""), body);
  }

  @Test
  void aForcedCallThatWasCutShortSaysSo() {
    answers(FinishReason.LENGTH, "{\"ci");
    var body = post(NAMED);
    assertTrue(body.contains("\"arguments\":\"{\\\"ci\""), body);
    assertTrue(body.contains("\"finish_reason\":\"length\""), body);
  }

  @Test
  void callsAreStreamedPieceByPiece() {
    answers(
        FinishReason.STOP,
        "[{\"name\":\"wea",
        "ther\",\"arguments\":{\"city\"",
        ":\"Ulm\"}},",
        "{\"name\":\"now\",\"arguments\":{}}]");
    var chunks = deltas(post(",\"tool_choice\":\"required\",\"stream\":true"));
    assertEquals("{\"role\":\"assistant\",\"content\":null,\"refusal\":null}", chunks.get(0));
    var id = chunks.get(1).replaceAll(".*(call_[^\"]+).*", "$1");
    assertEquals(
        List.of(
            "{\"tool_calls\":[{\"index\":0,\"id\":\""
                + id
                + "\",\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"{\\\"city\\\"\"}}]}",
            "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":\\\"Ulm\\\"}\"}}]}",
            "{\"tool_calls\":[{\"index\":1,\"id\":\""
                + id.replaceAll("_0$", "_1")
                + "\",\"type\":\"function\",\"function\":{\"name\":\"now\",\"arguments\":\"{}\"}}]}",
            "{}"),
        chunks.subList(1, chunks.size()));
  }

  @Test
  void aCallThatTheModelWroteByItselfIsFoundAndTextIsNotHeldBack() {
    answers(FinishReason.STOP, "Hm", ". <tool", "_call>{\"name\":\"now\"}", "</tool_call>");
    var body = post(",\"stream\":true");
    var chunks = deltas(body);
    assertEquals("{\"content\":\"Hm\"}", chunks.get(1));
    assertEquals("{\"content\":\". \"}", chunks.get(2));
    assertTrue(chunks.get(3).contains("\"name\":\"now\",\"arguments\":\"{}\""), chunks.get(3));
    assertTrue(body.contains("\"finish_reason\":\"tool_calls\""), body);
  }

  private static List<String> deltas(String body) {
    return Arrays.stream(body.split("\n\n"))
        .filter(event -> event.startsWith("data: {"))
        .map(event -> event.replaceAll("(?s).*\"delta\":(.*),\"logprobs\".*", "$1"))
        .toList();
  }
}
