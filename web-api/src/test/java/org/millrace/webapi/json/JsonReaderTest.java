package org.millrace.webapi.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;

class JsonReaderTest {
  @Test
  void everyKindOfValueKeepsItsType() {
    var tree = read("{\"a\":[1,2.50,\"x\",true,null,{\"b\":{}}],\"big\":12345678901234567890}");
    assertEquals(
        Arrays.asList(1L, new BigDecimal("2.50"), "x", true, null, Map.of("b", Map.of())),
        tree.get("a"));
    assertEquals(new BigDecimal("12345678901234567890"), tree.get("big"));
  }

  @Test
  void textIsUnescapedAndNotAscii() {
    assertEquals(
        "gr\u00fc\u00df \ud83d\ude00\n",
        read("{\"a\":\"gr\u00fc\u00df \\ud83d\\ude00\\n\"}").get("a"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "   ",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "[1]",
        "1",
        "null",
        "\"x\"",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":01}",
        "{\"a\":1} x",
        "{\"a\":1}{}",
        "{'a':1}",
        "{\"a\":tru}",
        "{\"a\":\"x}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{\"a\":[1,]}",
        "{\"a\":[1}",
        "{\"a\":1e999999999999}",
        "{\"a\":\"\\x\"}",
        "{\"a\":-}",
        "\u0000"
      })
  void brokenJsonIsRefusedAsInvalidJson(String text) {
    assertEquals(ApiError.INVALID_JSON, refused(text.getBytes(StandardCharsets.UTF_8)).error());
  }

  @ParameterizedTest
  @ValueSource(ints = {2_000, 3_000_000})
  void aNumberOfAbsurdLengthIsRefusedBeforeItIsCounted(int digits) {
    for (var number : new String[] {"1".repeat(digits), "0." + "1".repeat(digits)}) {
      var refusal = refused(("{\"seed\":" + number + "}").getBytes(StandardCharsets.UTF_8));
      assertEquals(ApiError.INVALID_JSON, refusal.error());
      assertTrue(refusal.getMessage().length() < 500, refusal.getMessage());
    }
  }

  @Test
  void aMemberThatIsThereTwiceIsRefusedByName() {
    var refusal = refused("{\"model\":\"a\",\"model\":\"b\"}".getBytes(StandardCharsets.UTF_8));
    assertTrue(refusal.getMessage().contains("'model'"), refusal.getMessage());
  }

  @Test
  void nestingIsAllowedToTheLimitAndNotBeyond() {
    read(nested(JsonReader.DEPTH_MAX - 1));
    var refusal = refused(nested(JsonReader.DEPTH_MAX).getBytes(StandardCharsets.UTF_8));
    assertTrue(refusal.getMessage().contains("64"), refusal.getMessage());
  }

  @Test
  void aHundredThousandBracketsAreRefusedAndExhaustNothing() {
    refused(("{\"a\":" + "[".repeat(100_000)).getBytes(StandardCharsets.UTF_8));
    refused("{\"a\":".repeat(100_000).getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() {
    var refusal = refused(new byte[] {'{', '"', (byte) 0xc3, '"', ':', '1', '}'});
    assertTrue(refusal.getMessage().contains("UTF-8"), refusal.getMessage());
  }

  @Test
  void theErrorNeverRepeatsMoreThanALineOfTheBody() {
    var refusal = refused(("{\"a\":" + "x".repeat(100_000)).getBytes(StandardCharsets.UTF_8));
    assertTrue(refusal.getMessage().length() < 500, refusal.getMessage());
  }

  @Test
  void whatIsWrittenReadsBackTheSame() {
    var tree = Tree.of("a", List.of(1L, "x\u2028\"\\\u0001")).with("b", null).members();
    assertEquals(tree, JsonReader.object(JsonWriter.bytes(tree)));
  }

  private static String nested(int arrays) {
    return "{\"a\":" + "[".repeat(arrays) + "]".repeat(arrays) + "}";
  }

  private static Map<String, Object> read(String text) {
    return JsonReader.object(text.getBytes(StandardCharsets.UTF_8));
  }

  private static ApiException refused(byte[] body) {
    return assertThrows(ApiException.class, () -> JsonReader.object(body));
  }
}
