package org.millrace.webapi.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.millrace.webapi.House;

class RouterTest {
  private final House house = new House();

  @Test
  void anUnknownPathIsA404InTheSameShape() {
    var answer = house.get("/v1/embeddings");
    assertEquals(404, answer.status());
    assertEquals("unknown_url", answer.error().get("code"));
    assertEquals("invalid_request_error", answer.error().get("type"));
    assertTrue(answer.error().containsKey("param"));
  }

  @Test
  void aWrongMethodIsA405ThatNamesTheRightOne() {
    var answer = house.get("/v1/chat/completions");
    assertEquals(405, answer.status());
    assertTrue(String.valueOf(answer.error().get("message")).contains("POST"));
  }

  @Test
  void aWrongMethodIsToldTheRightOnesInItsHeaderToo() {
    assertEquals("POST", allowed("OPTIONS", "/v1/chat/completions"));
    assertEquals("GET, HEAD", allowed("DELETE", "/v1/models"));
  }

  private String allowed(String method, String path) {
    var answer = house.send(method, path, Map.of(), InputStream.nullInputStream());
    assertEquals(405, answer.status());
    return String.valueOf(answer.headers().get("Allow"));
  }

  @Test
  void aModelsNameMayHaveSlashes() {
    assertEquals("org/tiny", house.get("/v1/models/org/tiny").json().get("id"));
    assertEquals(404, house.get("/v1/models/org/none").status());
    assertEquals(404, house.get("/v1/models/").status());
  }

  @Test
  void whatBreaksInsideSaysNothingOfTheInside() {
    var router =
        new Router(
            List.of(
                new Route(
                    "GET",
                    "/x",
                    call -> {
                      throw new IllegalStateException("password=hunter2");
                    })));
    var call = new Call("GET", "/x", name -> null, Map.of(), InputStream.nullInputStream());
    var reply = (Reply.Whole) router.answer(call);
    var body = new String(reply.body(), StandardCharsets.UTF_8);
    assertEquals(500, reply.status());
    assertFalse(body.contains("hunter2"), body);
    assertTrue(body.contains(call.requestId()), body);
  }

  @Test
  void evenAnErrorOfTheMachineIsAnswered() {
    var router =
        new Router(
            List.of(
                new Route(
                    "GET",
                    "/x",
                    call -> {
                      throw new StackOverflowError();
                    })));
    var call = new Call("GET", "/x", name -> null, Map.of(), InputStream.nullInputStream());
    assertEquals(500, router.answer(call).status());
  }

  @Test
  void aRateIsToldInEveryHeaderOfOpenAi() {
    assertEquals("500ms", CommonHeaders.span(0.5));
    assertEquals("1.5s", CommonHeaders.span(1.5));
    assertEquals("6m0s", CommonHeaders.span(360));
    assertEquals("0ms", CommonHeaders.span(-3));
  }

  @Test
  void theQueryIsDecodedAndBounded() {
    assertEquals(Map.of("a", "1 2", "b", "", "c", "x=y"), ServletCalls.query("a=1+2&b&c=x%3Dy"));
    assertTrue(ServletCalls.query("x=1&".repeat(100_000)).size() <= 100);
  }
}
