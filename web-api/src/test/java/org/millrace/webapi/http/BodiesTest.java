package org.millrace.webapi.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.webapi.House;

class BodiesTest {
  private static final String PATH = "/v1/chat/completions";

  private final House house = new House();

  @Test
  void aBodyOverTheLimitIsRefusedWithSizeAndLimit() {
    var answer = send(new byte[12_345], Map.of("Content-Length", "12345"));
    assertEquals(413, answer.status());
    assertEquals("request_too_large", answer.error().get("code"));
    assertEquals(
        "The body is 12345 bytes; the limit is 10000 bytes.", answer.error().get("message"));
  }

  @Test
  void aBodyThatDoesNotSayItsLengthIsBoundedToo() {
    var answer = send(new byte[200_000], Map.of());
    assertEquals(413, answer.status());
    assertTrue(String.valueOf(answer.error().get("message")).contains("10000 bytes"));
  }

  @Test
  void anEndlessBodyIsNotReadForEver() {
    var endless =
        new InputStream() {
          long given;

          @Override
          public int read() {
            given++;
            return 'x';
          }

          @Override
          public int read(byte[] into, int at, int count) {
            given += count;
            return count;
          }
        };
    assertEquals(413, house.send("POST", PATH, headers(Map.of()), endless).status());
    assertTrue(endless.given < 1_000_000, "read " + endless.given);
  }

  @Test
  void aRefusedBodyIsReadToItsEndSoThatTheClientSeesTheAnswer() throws IOException {
    var body = new ByteArrayInputStream(new byte[50_000]);
    house.send("POST", PATH, headers(Map.of("Content-Length", "50000")), body);
    assertEquals(0, body.available());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"})
  void whatIsNotJsonIsA415ThatSaysWhatToSend(String type) {
    var answer = send("{}".getBytes(StandardCharsets.UTF_8), Map.of("Content-Type", type));
    assertEquals(415, answer.status());
    assertTrue(String.valueOf(answer.error().get("message")).contains("application/json"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"application/json", "application/json; charset=utf-8", "Application/JSON"})
  void jsonIsJsonHoweverItIsWritten(String type) {
    var answer = send("{}".getBytes(StandardCharsets.UTF_8), Map.of("Content-Type", type));
    assertEquals("missing_required_parameter", answer.error().get("code"));
  }

  @Test
  void aBodyThatBreaksOffIsTheClientsFaultAndNotTheServers() {
    var broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("connection reset");
          }
        };
    var answer = house.send("POST", PATH, headers(Map.of()), broken);
    assertEquals(400, answer.status());
    assertEquals("incomplete_body", answer.error().get("code"));
  }

  @Test
  void aBodyThatStopsComingIsATimeout() {
    var stalled =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException(new IOException(new TimeoutException()));
          }
        };
    var answer = house.send("POST", PATH, headers(Map.of()), stalled);
    assertEquals(408, answer.status());
    assertEquals("request_timeout", answer.error().get("code"));
  }

  @Test
  void aBodyThatIsShorterThanAnnouncedIsIncomplete() {
    var answer = send("{}".getBytes(StandardCharsets.UTF_8), Map.of("Content-Length", "100"));
    assertEquals(400, answer.status());
    assertEquals("incomplete_body", answer.error().get("code"));
    assertEquals(
        "The body ended after 2 of 100 bytes.", answer.error().get("message"), answer.toString());
  }

  @Test
  void aCompressedBodyIsRefused() {
    assertEquals(415, send(new byte[10], Map.of("Content-Encoding", "gzip")).status());
  }

  private House.Answer send(byte[] body, Map<String, String> more) {
    return house.send("POST", PATH, headers(more), new ByteArrayInputStream(body));
  }

  private static Map<String, String> headers(Map<String, String> more) {
    var headers = new HashMap<String, String>();
    headers.put("Authorization", "Bearer " + House.KEY);
    headers.put("Content-Type", "application/json");
    headers.putAll(more);
    return headers;
  }
}
