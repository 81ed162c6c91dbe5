package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionNamedToolChoice;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Platform;
import org.millrace.it.platform.Tenant;

/** Calls of tools through the official Java client. */
@SuppressWarnings("NullAway.Init") // set before the first test
class ToolCallTest {
  private static OpenAIClient client;

  @BeforeAll
  static void connect() {
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(Platform.shared().url() + "/v1")
            .apiKey(Platform.shared().demoKey())
            .maxRetries(0)
            .build();
  }

  @AfterAll
  static void close() {
    client.close();
  }

  private static FunctionDefinition function(String name, Map<String, ?> properties) {
    return FunctionDefinition.builder()
        .name(name)
        .strict(true)
        .parameters(
            FunctionParameters.builder()
                .putAdditionalProperty("type", JsonValue.from("object"))
                .putAdditionalProperty("properties", JsonValue.from(properties))
                .putAdditionalProperty("required", JsonValue.from(List.copyOf(properties.keySet())))
                .putAdditionalProperty("additionalProperties", JsonValue.from(false))
                .build())
        .build();
  }

  private static ChatCompletionCreateParams.Builder question() {
    return ChatCompletionCreateParams.builder()
        .model(Tenant.model())
        .addUserMessage("How is the weather in Ulm?")
        .addFunctionTool(
            function("weather", Map.of("city", Map.of("enum", List.of("Ulm", "Bonn")))))
        .addFunctionTool(
            function(
                "wait", Map.of("hours", Map.of("type", "integer", "minimum", 0, "maximum", 9))))
        .temperature(1)
        .seed(5)
        .maxCompletionTokens(200);
  }

  private static void assertKeepsToItsSchema(ChatCompletionMessageFunctionToolCall call)
      throws Exception {
    var arguments = new ObjectMapper().readTree(call.function().arguments());
    assertEquals(1, arguments.size(), call.function().arguments());
    switch (call.function().name()) {
      case "weather" ->
          assertTrue(List.of("Ulm", "Bonn").contains(arguments.path("city").asText()));
      case "wait" -> assertTrue(arguments.path("hours").isIntegralNumber());
      default -> throw new AssertionError(call.function().name());
    }
    assertTrue(call.id().startsWith("call_"), call.id());
  }

  private static List<ChatCompletionMessageFunctionToolCall> calls(ChatCompletion answer) {
    var choice = answer.choices().getFirst();
    assertEquals(ChatCompletion.Choice.FinishReason.TOOL_CALLS, choice.finishReason());
    assertTrue(choice.message().content().isEmpty());
    return choice.message().toolCalls().orElseThrow().stream().map(c -> c.asFunction()).toList();
  }

  private static ChatCompletion streamed(ChatCompletionCreateParams params) {
    var whole = ChatCompletionAccumulator.create();
    try (var stream = client.chat().completions().createStreaming(params)) {
      stream.stream().forEach(whole::accumulate);
    }
    return whole.chatCompletion();
  }

  @Test
  void aRequiredCallKeepsToItsFunctionWholeAndStreamed() throws Exception {
    var params =
        question()
            .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
            .parallelToolCalls(false)
            .build();
    var whole = calls(client.chat().completions().create(params));
    assertEquals(1, whole.size());
    assertKeepsToItsSchema(whole.getFirst());
    var pieces = calls(streamed(params));
    assertEquals(whole.getFirst().function().name(), pieces.getFirst().function().name());
    assertEquals(whole.getFirst().function().arguments(), pieces.getFirst().function().arguments());
  }

  @Test
  void severalCallsMayComeAtOnceEachWithAnIdOfItsOwn() throws Exception {
    var params = question().toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED).build();
    var calls = calls(client.chat().completions().create(params));
    assertFalse(calls.isEmpty());
    for (var call : calls) {
      assertKeepsToItsSchema(call);
    }
    if (calls.size() > 1) {
      assertNotEquals(calls.get(0).id(), calls.get(1).id());
    }
  }

  @Test
  void aNamedFunctionIsCalledAndItsResultTakenBack() throws Exception {
    var params =
        question()
            .toolChoice(
                ChatCompletionNamedToolChoice.builder()
                    .function(ChatCompletionNamedToolChoice.Function.builder().name("wait").build())
                    .build());
    var answer = client.chat().completions().create(params.build());
    var call = calls(answer).getFirst();
    assertEquals("wait", call.function().name());
    assertKeepsToItsSchema(call);
    var next =
        question()
            .addMessage(answer.choices().getFirst().message())
            .addMessage(
                ChatCompletionToolMessageParam.builder()
                    .toolCallId(call.id())
                    .content("done")
                    .build())
            .toolChoice(ChatCompletionToolChoiceOption.Auto.NONE)
            .maxCompletionTokens(8)
            .build();
    var last = client.chat().completions().create(next).choices().getFirst().message();
    assertTrue(last.toolCalls().isEmpty());
    assertTrue(last.content().isPresent());
  }
}
