package org.millrace.webapi.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.serving.api.CompletionRequest.Chat;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.json.JsonReader;

class ChatReaderTest {
  private static final String MESSAGES = "[{\"role\":\"user\",\"content\":\"Hi\"}]";

  @Test
  void aBodyWithEverythingBecomesARequestWithEverything() {
    var ask =
        read(
            """
            {"model":"m","messages":%s,"stream":true,"stream_options":{"include_usage":true},
             "max_completion_tokens":5,"temperature":0.5,"top_p":0.9,"n":3,"stop":["a","b"],"seed":9223372036854775807,
             "presence_penalty":-2,"frequency_penalty":2,"logit_bias":{"17":-100,"4":1.5},"logprobs":true,
             "top_logprobs":20,"user":"u","metadata":{"k":"v"},"store":false,"top_k":40,"min_p":0.05,
             "repetition_penalty":1.1,"response_format":{"type":"text"},"modalities":["text"],
             "parallel_tool_calls":true,"something_new":{"x":1}}
            """
                .formatted(MESSAGES));
    var request = ask.request();
    assertTrue(ask.stream());
    assertTrue(ask.includeUsage());
    assertEquals(3, ask.choicesTotal());
    assertEquals("req_1", request.requestId());
    assertEquals(5, request.maxTokens());
    assertEquals(List.of("a", "b"), request.stop());
    assertEquals(Long.MAX_VALUE, request.sampling().seed());
    assertEquals(Map.of(17, -100f, 4, 1.5f), request.sampling().logitBias());
    assertEquals(0.5f, request.sampling().temperature());
    assertEquals(40, request.sampling().topK());
    assertEquals(20, request.sampling().topLogprobs());
  }

  @Test
  void unsetAndNullValuesAreTheModelsDefaults() {
    var request =
        with("\"temperature\":null,\"max_tokens\":null,\"stop\":null,\"n\":null,\"stream\":null")
            .request();
    assertNull(request.sampling().temperature());
    assertNull(request.maxTokens());
    assertEquals(1, request.choices());
    assertEquals(List.of(), request.stop());
    assertFalse(request.sampling().logprobs());
  }

  @Test
  void theOldNameOfMaxCompletionTokensWorksButNotBoth() {
    assertEquals(7, with("\"max_tokens\":7").request().maxTokens());
    assertEquals("max_tokens", refused("\"max_tokens\":7,\"max_completion_tokens\":7").parameter());
  }

  @Test
  void aSingleStopTextIsAListOfOne() {
    assertEquals(List.of("\n"), with("\"stop\":\"\\n\"").request().stop());
  }

  @Test
  void textPartsAreJoinedAndDeveloperBecomesSystem() {
    var messages =
        messages(
            """
            [{"role":"developer","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
             {"role":"user","content":"c","name":"ann"}]
            """);
    assertEquals(Map.of("role", "system", "content", "a\nb"), messages.get(0));
    assertEquals(Map.of("role", "user", "content", "c", "name", "ann"), messages.get(1));
  }

  @Test
  void toolCallsAndTheirResultsReachTheTemplateAsObjects() {
    var messages =
        messages(
            """
            [{"role":"user","content":"weather?"},
             {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"w","arguments":"{\\"city\\":\\"Ulm\\"}"}}]},
             {"role":"tool","tool_call_id":"c1","content":"rain"}]
            """);
    assertEquals(
        List.of(
            Map.of(
                "id",
                "c1",
                "type",
                "function",
                "function",
                Map.of("name", "w", "arguments", Map.of("city", "Ulm")))),
        messages.get(1).get("tool_calls"));
    assertEquals("", messages.get(1).get("content"));
    assertEquals("c1", messages.get(2).get("tool_call_id"));
  }

  @Test
  void argumentsThatAreNoJsonAreHandedOnAsTheyAre() {
    var messages =
        messages(
            """
            [{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"w","arguments":"oops"}}]}]
            """);
    assertTrue(String.valueOf(messages.getFirst().get("tool_calls")).contains("arguments=oops"));
  }

  @Test
  void toolsAreHandedToTheTemplateUnlessTheChoiceIsNone() {
    var tools =
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"w\",\"parameters\":{\"type\":\"object\",\"x\":null}}}]";
    var tree =
        Map.of(
            "type",
            "function",
            "function",
            Map.of("name", "w", "parameters", Map.of("type", "object")));
    assertEquals(List.of(tree), chat(with(tools)).tools());
    assertEquals(List.of(tree), chat(with(tools + ",\"tool_choice\":\"auto\"")).tools());
    assertEquals(List.of(), chat(with(tools + ",\"tool_choice\":\"none\"")).tools());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"temperature\":\"hot\" | temperature | a decimal, but got a string",
        "\"temperature\":[1] | temperature | a decimal, but got an array",
        "\"top_p\":true | top_p | a decimal, but got a boolean",
        "\"n\":1.5 | n | an integer, but got a decimal",
        "\"n\":\"1\" | n | an integer, but got a string",
        "\"max_tokens\":{} | max_tokens | an integer, but got an object",
        "\"stream\":\"true\" | stream | a boolean, but got a string",
        "\"stream\":1 | stream | a boolean, but got an integer",
        "\"stop\":5 | stop | a string or an array of strings, but got an integer",
        "\"stop\":[\"a\",5] | stop[1] | a string, but got an integer",
        "\"seed\":\"x\" | seed | an integer, but got a string",
        "\"logit_bias\":[] | logit_bias | an object, but got an array",
        "\"logit_bias\":{\"5\":\"x\"} | logit_bias.5 | a decimal, but got a string",
        "\"logprobs\":5 | logprobs | a boolean, but got an integer",
        "\"user\":5 | user | a string, but got an integer",
        "\"metadata\":\"x\" | metadata | an object, but got a string",
        "\"metadata\":{\"a\":1} | metadata.a | a string, but got an integer",
        "\"store\":\"x\" | store | a boolean, but got a string",
        "\"tools\":{} | tools | an array, but got an object",
        "\"stream_options\":true | stream_options | an object, but got a boolean",
        "\"response_format\":\"text\" | response_format | an object, but got a string",
      })
  void aWrongTypeIsNamedWithWhatCameAndWhatWasExpected(
      String members, String parameter, String message) {
    var refusal = refused(members);
    assertEquals("invalid_type", refusal.error().code());
    assertEquals(400, refusal.error().status());
    assertEquals(parameter, refusal.parameter());
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"temperature\":-0.1 | temperature | >= 0, but got -0.1",
        "\"temperature\":2.01 | temperature | <= 2, but got 2.01",
        "\"temperature\":1e400 | temperature | <= 2",
        "\"top_p\":1.1 | top_p | <= 1",
        "\"n\":0 | n | >= 1, but got 0",
        "\"n\":129 | n | <= 128, but got 129",
        "\"max_tokens\":-5 | max_tokens | >= 1, but got -5",
        "\"max_tokens\":0 | max_tokens | >= 1, but got 0",
        "\"max_completion_tokens\":-1 | max_completion_tokens | >= 1",
        "\"max_tokens\":99999999999 | max_tokens | <= 2147483647",
        "\"seed\":99999999999999999999 | seed | 64-bit",
        "\"presence_penalty\":-2.1 | presence_penalty | >= -2",
        "\"frequency_penalty\":3 | frequency_penalty | <= 2",
        "\"logit_bias\":{\"5\":101} | logit_bias.5 | <= 100",
        "\"logit_bias\":{\"x\":1} | logit_bias | token ids",
        "\"top_logprobs\":3 | top_logprobs | 'logprobs' is true",
        "\"logprobs\":true,\"top_logprobs\":21 | top_logprobs | <= 20",
        "\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"] | stop | 5 texts were given; the limit is 4",
        "\"stop\":\"\" | stop | 0 characters",
        "\"stream_options\":{} | stream_options | 'stream' is true",
        "\"min_p\":-1 | min_p | >= 0",
        "\"top_k\":-2 | top_k | >= -1",
        "\"repetition_penalty\":0 | repetition_penalty | > 0",
        "\"tool_choice\":\"auto\" | tool_choice | 'tools' are given",
        "\"tool_choice\":\"required\" | tool_choice | 'tools' are given",
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"w\"}}],\"tool_choice\":\"any\" | tool_choice | 'any' is not a choice",
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"w\"}}],\"tool_choice\":{\"type\":\"custom\"} | tool_choice.type | 'custom' is not a type",
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"w\"}}],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"x\"}} | tool_choice.function.name | not among",
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"w\"}},{\"type\":\"function\",\"function\":{\"name\":\"w\"}}] | tools[1].function.name | already",
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"w\",\"parameters\":{\"type\":\"string\"}}}] | tools[0].function.parameters | must be 'object'",
      })
  void aValueOutOfRangeIsNamedWithItsLimit(String members, String parameter, String message) {
    var refusal = refused(members);
    assertEquals(400, refusal.error().status());
    assertEquals(parameter, refusal.parameter());
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"audio\":{} | audio",
        "\"functions\":[{}] | functions",
        "\"guided_whitespace_pattern\":\" ?\" | guided_whitespace_pattern",
        "\"structured_outputs\":{\"structural_tag\":{}} | structured_outputs.structural_tag",
        "\"ignore_eos\":true | ignore_eos",
        "\"min_tokens\":3 | min_tokens",
        "\"web_search_options\":{} | web_search_options",
      })
  void whatIsKnownButNotSupportedIsRefusedByName(String members, String parameter) {
    var refusal = refused(members);
    assertEquals("unsupported_parameter", refusal.error().code());
    assertEquals(parameter, refusal.parameter());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"response_format\":{\"type\":\"json_object\"} | response_format | JsonObject[]",
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"strict\":true,\"schema\":{\"type\":\"object\",\"const\":null}}} | response_format | JsonSchema[schema={\"type\":\"object\",\"const\":null}]",
        "\"guided_json\":{\"b\":1,\"a\":[2.50]} | guided_json | JsonSchema[schema={\"b\":1,\"a\":[2.50]}]",
        "\"guided_json\":\"{}\" | guided_json | JsonSchema[schema={}]",
        "\"guided_regex\":\"a+\" | guided_regex | Regex[pattern=a+]",
        "\"guided_choice\":[\"a\",\"b\"] | guided_choice | Choice[choices=[a, b]]",
        "\"guided_grammar\":\"root ::= .\" | guided_grammar | Grammar[rules=root ::= .]",
        "\"structured_outputs\":{\"regex\":\"a\",\"json\":null} | structured_outputs.regex | Regex[pattern=a]",
        "\"structured_outputs\":{\"json_object\":true} | structured_outputs.json_object | JsonObject[]",
      })
  void aFormatIsReadWithTheParameterThatSaidIt(String members, String parameter, String form) {
    var format = with(members).request().format();
    assertNotNull(format);
    assertEquals(parameter, format.parameter());
    assertEquals(form, format.form().toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"response_format\":{\"type\":\"xml\"} | response_format.type | 'xml' is not a format",
        "\"response_format\":{\"type\":\"json_schema\"} | response_format.json_schema | Missing",
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{}}} | response_format.json_schema.name | Missing",
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a b\",\"schema\":{}}} | response_format.json_schema.name | 1 to 64",
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\",\"schema\":[]}} | response_format.json_schema.schema | an object, but got an array",
        "\"guided_json\":[] | guided_json | an object, but got an array",
        "\"guided_choice\":[1] | guided_choice[0] | a string, but got an integer",
        "\"guided_regex\":\"a\",\"guided_choice\":[\"a\"] | guided_choice | together with 'guided_regex'",
        "\"response_format\":{\"type\":\"json_object\"},\"structured_outputs\":{\"regex\":\"a\"} | structured_outputs.regex | together with 'response_format'",
      })
  void aFormatThatIsWrongOrGivenTwiceIsNamed(String members, String parameter, String message) {
    var refusal = refused(members);
    assertEquals(400, refusal.error().status());
    assertEquals(parameter, refusal.parameter());
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }

  @Test
  void unsupportedParametersThatAskForNothingAreAccepted() {
    assertNotNull(
        with("\"functions\":[],\"ignore_eos\":false,\"min_tokens\":0,\"guided_json\":null"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "[5]",
        "[{}]",
        "[{\"role\":\"user\"}]",
        "[{\"role\":\"user\",\"content\":null}]",
        "[{\"role\":\"user\",\"content\":5}]",
        "[{\"role\":\"user\",\"content\":[]}]",
        "[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]",
        "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{}}]}]",
        "[{\"role\":\"user\",\"content\":[\"x\"]}]",
        "[{\"role\":\"wizard\",\"content\":\"x\"}]",
        "[{\"role\":5,\"content\":\"x\"}]",
        "[{\"role\":\"assistant\"}]",
        "[{\"role\":\"assistant\",\"content\":null}]",
        "[{\"role\":\"tool\",\"content\":\"x\"}]",
        "[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"x\"}]}]",
        "\"hello\"",
        "null",
        "{}"
      })
  void aBadMessageIsRefusedWithItsPlace(String messages) {
    var refusal =
        assertThrows(
            ApiException.class, () -> read("{\"model\":\"m\",\"messages\":" + messages + "}"));
    assertEquals(400, refusal.error().status());
    assertTrue(String.valueOf(refusal.parameter()).startsWith("messages"), refusal.parameter());
  }

  @Test
  void aMissingModelIsSaidToBeMissing() {
    var refusal = assertThrows(ApiException.class, () -> read("{\"messages\":" + MESSAGES + "}"));
    assertEquals("missing_required_parameter", refusal.error().code());
    assertEquals("model", refusal.parameter());
  }

  private static List<Map<String, Object>> messages(String json) {
    return chat(read("{\"model\":\"m\",\"messages\":" + json + "}")).messages();
  }

  private static Chat chat(Ask ask) {
    return (Chat) ask.request().prompts().getFirst();
  }

  private static Ask with(String members) {
    return read("{\"model\":\"m\",\"messages\":%s,%s}".formatted(MESSAGES, members));
  }

  private static ApiException refused(String members) {
    return assertThrows(ApiException.class, () -> with(members));
  }

  private static Ask read(String body) {
    return ChatReader.read("req_1", JsonReader.object(body.getBytes(StandardCharsets.UTF_8)));
  }
}
