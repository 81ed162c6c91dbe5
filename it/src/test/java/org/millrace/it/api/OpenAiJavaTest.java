package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.ResponseFormatJsonSchema;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.CompletionCreateParams;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.millrace.it.platform.Platform;
import org.millrace.it.platform.Tenant;

/** The official Java client, unchanged: only its base URL and key are ours. */
@SuppressWarnings("NullAway.Init") // set before the first test
class OpenAiJavaTest {
  private static OpenAIClient client;
  private static String model;

  @BeforeAll
  static void connect() {
    client = client(Platform.shared().demoKey());
    model = Tenant.model();
  }

  @AfterAll
  static void close() {
    client.close();
  }

  @Test
  void theModelsAreListedAndOneIsFound() {
    assertTrue(client.models().list().data().stream().anyMatch(each -> each.id().equals(model)));
    assertEquals(model, client.models().retrieve(model).id());
  }

  @Test
  void aWholeAnswerHasTextReasonAndUsage() {
    var answer = client.chat().completions().create(question("Hello!").build());
    var choice = answer.choices().getFirst();
    assertFalse(choice.message().content().orElseThrow().isEmpty());
    assertTrue(answer.usage().orElseThrow().completionTokens() > 0);
    assertEquals(
        answer.usage().get().totalTokens(),
        answer.usage().get().promptTokens() + answer.usage().get().completionTokens());
    assertTrue(answer.id().startsWith("chatcmpl-"));
  }

  @Test
  void aStreamIsTheSameTextAsTheWholeAnswer() {
    var whole = client.chat().completions().create(question("Hello!").build());
    var chunks = new ArrayList<ChatCompletionChunk>();
    var params =
        question("Hello!")
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    try (var stream = client.chat().completions().createStreaming(params)) {
      stream.stream().forEach(chunks::add);
    }
    var text = new StringBuilder();
    for (var chunk : chunks) {
      chunk.choices().forEach(c -> c.delta().content().ifPresent(text::append));
    }
    assertEquals(whole.choices().getFirst().message().content().orElseThrow(), text.toString());
    var usage = chunks.getLast().usage().orElseThrow();
    assertEquals(whole.usage().orElseThrow().completionTokens(), usage.completionTokens());
    assertTrue(chunks.size() > 3, "streamed in " + chunks.size() + " chunks");
  }

  @Test
  void aStrictSchemaIsKeptToWholeAndStreamed() throws Exception {
    var schema =
        ResponseFormatJsonSchema.JsonSchema.Schema.builder()
            .putAdditionalProperty("type", JsonValue.from("object"))
            .putAdditionalProperty(
                "properties",
                JsonValue.from(
                    Map.of(
                        "day", Map.of("enum", List.of("Monday", "Tuesday")),
                        "hour", Map.of("type", "integer", "minimum", 0, "maximum", 23))))
            .putAdditionalProperty("required", JsonValue.from(List.of("day", "hour")))
            .putAdditionalProperty("additionalProperties", JsonValue.from(false))
            .build();
    var format =
        ResponseFormatJsonSchema.builder()
            .jsonSchema(
                ResponseFormatJsonSchema.JsonSchema.builder()
                    .name("moment")
                    .strict(true)
                    .schema(schema)
                    .build())
            .build();
    var params =
        question("Which day comes after Monday?")
            .maxCompletionTokens(200)
            .responseFormat(format)
            .n(2)
            .build();
    for (var choice : client.chat().completions().create(params).choices()) {
      assertMoment(choice.message().content().orElseThrow());
    }
    var text = new StringBuilder();
    try (var stream = client.chat().completions().createStreaming(params)) {
      stream.stream()
          .flatMap(chunk -> chunk.choices().stream())
          .filter(choice -> choice.index() == 0)
          .forEach(choice -> choice.delta().content().ifPresent(text::append));
    }
    assertMoment(text.toString());
  }

  private static void assertMoment(String json) throws Exception {
    var moment = new ObjectMapper().readTree(json);
    assertEquals(2, moment.size(), json);
    assertTrue(List.of("Monday", "Tuesday").contains(moment.path("day").asText()), json);
    assertTrue(moment.path("hour").isIntegralNumber(), json);
    assertTrue(moment.path("hour").asInt() >= 0 && moment.path("hour").asInt() <= 23, json);
  }

  @Test
  void choicesLogprobsAndStopAreUnderstood() {
    var answer =
        client
            .chat()
            .completions()
            .create(question("Tell me a story.").n(2).logprobs(true).topLogprobs(3).build());
    assertEquals(2, answer.choices().size());
    for (var choice : answer.choices()) {
      var scores = choice.logprobs().orElseThrow().content().orElseThrow();
      assertFalse(scores.isEmpty());
      scores.forEach(score -> assertEquals(3, score.topLogprobs().size()));
      scores.forEach(score -> assertTrue(score.logprob() <= 0));
    }
  }

  @Test
  void aTextIsContinued() {
    var answer =
        client
            .completions()
            .create(
                CompletionCreateParams.builder()
                    .model(model)
                    .prompt("Once upon a time")
                    .maxTokens(8)
                    .temperature(0)
                    .echo(true)
                    .build());
    assertTrue(answer.choices().getFirst().text().startsWith("Once upon a time"));
    assertTrue(answer.usage().orElseThrow().completionTokens() <= 8);
  }

  @Test
  void errorsAreTypedAsTheClientKnowsThem() {
    var stranger = client("mlr_live_wrong");
    assertThrows(
        UnauthorizedException.class,
        () -> stranger.chat().completions().create(question("Hi").build()));
    stranger.close();
    var unknown =
        assertThrows(
            NotFoundException.class,
            () -> client.chat().completions().create(question("Hi").model("gpt-9").build()));
    assertEquals("model_not_found", unknown.code().orElseThrow());
    var negative =
        assertThrows(
            BadRequestException.class,
            () ->
                client.chat().completions().create(question("Hi").maxCompletionTokens(-1).build()));
    assertEquals("max_completion_tokens", negative.param().orElseThrow());
  }

  @Test
  void noCreditIsA402() {
    var poor = client(String.valueOf(Tenant.create("0").api().bearer()));
    var refusal =
        assertThrows(
            OpenAIServiceException.class,
            () -> poor.chat().completions().create(question("Hi").build()));
    assertEquals(402, refusal.statusCode());
    assertEquals("insufficient_credit", refusal.code().orElseThrow());
    poor.close();
  }

  private static ChatCompletionCreateParams.Builder question(String text) {
    return ChatCompletionCreateParams.builder()
        .model(model)
        .addUserMessage(text)
        .temperature(0)
        .seed(1)
        .maxCompletionTokens(24);
  }

  private static OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(Platform.shared().url() + "/v1")
        .apiKey(key)
        .maxRetries(0)
        .build();
  }
}
