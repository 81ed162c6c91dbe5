package org.millrace.webapi.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.serving.api.CompletionRequest.Text;
import org.millrace.serving.api.CompletionRequest.Tokens;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.json.JsonReader;

class TextReaderTest {
  @Test
  void aPromptIsATextOrTokensOrManyOfEither() {
    assertEquals(List.of(new Text("a")), read("\"prompt\":\"a\"").request().prompts());
    assertEquals(
        List.of(new Text("a"), new Text("")), read("\"prompt\":[\"a\",\"\"]").request().prompts());
    assertEquals(List.of(new Tokens(List.of(1, 2))), read("\"prompt\":[1,2]").request().prompts());
    assertEquals(
        List.of(new Tokens(List.of(1)), new Tokens(List.of(2, 3))),
        read("\"prompt\":[[1],[2,3]]").request().prompts());
  }

  @Test
  void whatIsNotSaidIsAsItAlwaysWas() {
    var ask = read("\"prompt\":\"a\"");
    assertEquals(16, ask.request().maxTokens());
    assertEquals(1, ask.choicesTotal());
    assertEquals("", ask.echo(0));
  }

  @Test
  void eachChoiceEchoesItsOwnPrompt() {
    var ask = read("\"prompt\":[\"a\",\"b\"],\"n\":2,\"echo\":true");
    assertEquals(4, ask.choicesTotal());
    assertEquals(
        List.of("a", "a", "b", "b"), List.of(ask.echo(0), ask.echo(1), ask.echo(2), ask.echo(3)));
  }

  @Test
  void logprobsOfZeroStillGiveTheDrawnToken() {
    var sampling = read("\"prompt\":\"a\",\"logprobs\":0").request().sampling();
    assertTrue(sampling.logprobs());
    assertEquals(0, sampling.topLogprobs());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"prompt\":5 | prompt | invalid_type",
        "\"prompt\":{} | prompt | invalid_type",
        "\"prompt\":null | prompt | missing_required_parameter",
        "\"prompt\":[] | prompt | invalid_value",
        "\"prompt\":[\"a\",1] | prompt[1] | invalid_type",
        "\"prompt\":[1,\"a\"] | prompt[1] | invalid_type",
        "\"prompt\":[1,-1] | prompt[1] | below_min_value",
        "\"prompt\":[[1],\"a\"] | prompt[1] | invalid_type",
        "\"prompt\":[[1],[\"a\"]] | prompt[1][0] | invalid_type",
        "\"prompt\":[true] | prompt[0] | invalid_type",
        "\"prompt\":\"a\",\"best_of\":3 | best_of | unsupported_parameter",
        "\"prompt\":\"a\",\"suffix\":\"x\" | suffix | unsupported_parameter",
        "\"prompt\":\"a\",\"logprobs\":6 | logprobs | above_max_value",
        "\"prompt\":\"a\",\"logprobs\":true | logprobs | invalid_type",
        "\"prompt\":\"a\",\"echo\":true,\"logprobs\":1 | echo | unsupported_parameter",
        "\"prompt\":[1],\"echo\":true | echo | unsupported_parameter",
        "\"prompt\":\"a\",\"max_tokens\":-1 | max_tokens | below_min_value",
      })
  void badInputIsRefusedWithItsPlaceAndCode(String members, String parameter, String code) {
    var refusal = assertThrows(ApiException.class, () -> read(members));
    assertEquals(parameter, refusal.parameter());
    assertEquals(code, refusal.error().code());
    assertEquals(400, refusal.error().status());
  }

  private static Ask read(String members) {
    var body = "{\"model\":\"m\"," + members + "}";
    return TextReader.read("req_1", JsonReader.object(body.getBytes(StandardCharsets.UTF_8)));
  }
}
