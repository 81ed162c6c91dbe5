package org.millrace.inference.grammar;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.inference.api.ConstraintState;
import org.millrace.inference.api.Constraints;
import org.millrace.inference.api.InvalidRequestException;
import org.millrace.inference.api.OutputFormat;

/** Whatever a format says, it is kept to or refused in words, and in bounded time. */
class TortureTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final ByteVocabulary vocabulary = new ByteVocabulary("ab", "\"}", "true", "12345");
  private final Constraints constraints = Constraints.of(vocabulary);

  /** Compiles and, if that goes, draws some tokens. */
  private void survives(OutputFormat format) {
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          try {
            draw(constraints.compile(format).start());
          } catch (InvalidRequestException refused) {
            String message = String.valueOf(refused.getMessage());
            assertFalse(message.isBlank(), "no words");
            assertFalse(message.contains("Exception") || message.contains("java."), message);
            assertTrue(message.length() < 1_000, message);
          }
        },
        () -> String.valueOf(format));
  }

  private void draw(ConstraintState state) {
    var random = new Random(3);
    for (int step = 0; step < 30; step++) {
      float[] logits = new float[vocabulary.vocabularySize()];
      int allowed = state.mask(logits);
      assertTrue(allowed > 0, "a dead end");
      int wanted = random.nextInt(allowed);
      int token = 0;
      while (logits[token] != 0 || wanted-- > 0) {
        token++;
      }
      if (token == vocabulary.end()) {
        return;
      }
      state.advance(token);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"minimum\":1e999999999}",
        "{\"type\":\"integer\",\"maximum\":-1e999999999}",
        "{\"type\":\"number\",\"exclusiveMinimum\":1e-999999999}",
        "{\"type\":\"number\",\"multipleOf\":1e-999999999}",
        "{\"type\":\"integer\",\"multipleOf\":1e999999999}",
        "{\"type\":\"number\",\"multipleOf\":0}",
        "{\"type\":\"number\",\"multipleOf\":-1}",
        "{\"type\":\"string\",\"maxLength\":1e999999999}",
        "{\"type\":\"string\",\"minLength\":1e-999999999}",
        "{\"type\":\"string\",\"minLength\":-1}",
        "{\"type\":\"string\",\"maxLength\":1.5}",
        "{\"const\":1e999999999}",
        "{\"enum\":[1e999999999,1e-999999999]}",
        "{\"type\":\"integer\",\"minimum\":9223372036854775807123456789}",
        "{\"type\":\"integer\",\"minimum\":0.5,\"maximum\":0.6}",
        "{\"minimum\":5,\"maximum\":1}",
        "{\"minItems\":1000000,\"items\":{\"type\":\"null\"}}",
        "{\"minItems\":5,\"maxItems\":1}",
        "{\"minLength\":1000000}",
        "{\"minProperties\":1000000}",
        "{\"type\":\"object\",\"required\":[\"\\u0000\",\"\\ud800\"]}",
        "{\"enum\":[]}",
        "{\"enum\":[\"\\ud83d\\ude00\",\"\\ud83d\",\"\",{\"a\":[null,true]},-0.0]}",
        "{\"const\":\"\\u0000\\u001f\\u007f\\u2028\"}",
        "{\"type\":[]}",
        "{\"type\":\"\"}",
        "{\"type\":5}",
        "{\"type\":[\"string\",\"string\"]}",
        "{\"$ref\":\"#\"}",
        "{\"$ref\":\"#/\"}",
        "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"$ref\":\"#/$defs/a\"}}}",
        "{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}",
        "{\"allOf\":[{\"$ref\":\"#\"}]}",
        "{\"type\":\"array\",\"items\":{\"$ref\":\"#\"},\"minItems\":1}",
        "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"$ref\":\"#\"}}}",
        "{\"$ref\":\"#/%zz~2\"}",
        "{\"$ref\":\"https://example.com/schema\"}",
        "{\"anyOf\":[]}",
        "{\"allOf\":[]}",
        "{\"oneOf\":[{},{}]}",
        "{\"anyOf\":[false,false]}",
        "{\"properties\":{\"a\":false},\"required\":[\"a\"]}",
        "{\"pattern\":\"(\"}",
        "{\"pattern\":\"^(a|b)*a(a|b){20}$\"}",
        "{\"pattern\":\"^((a{1,1000}){1,1000}){1,1000}$\"}",
        "{\"pattern\":\"^(.*a){1,300}$\"}",
        "{\"pattern\":\"(a*)*b\"}",
        "{\"pattern\":\"\\\\1\"}",
        "{\"pattern\":\"^$\"}",
        "{\"pattern\":\"$^\"}",
        "{\"pattern\":\"a^b\"}",
        "{\"pattern\":\"[z-a]\"}",
        "{\"pattern\":\"[]\"}",
        "{\"pattern\":\"[^]\"}",
        "{\"pattern\":\"\\\\ud800\"}",
        "{\"pattern\":\"[\\\\ud800-\\\\udfff]\"}",
        "{\"pattern\":\"^a{5,2}$\"}",
        "{\"pattern\":\"^a{99999999999999999999}$\"}",
        "{\"pattern\":\"\",\"maxLength\":0}",
        "{\"pattern\":\"^[a-z]{3}$\",\"minLength\":4}",
        "{\"format\":\"email\",\"maxLength\":3}",
        "{\"format\":\"uuid\",\"pattern\":\"^z\"}",
        "{\"format\":\"unheard-of\"}",
        "{\"not\":{}}",
        "{\"if\":{},\"then\":{}}",
        "{\"uniqueItems\":true}",
        "{\"additionalProperties\":5}",
        "{\"properties\":[]}",
        "{\"properties\":{\"a\":7}}",
        "{\"required\":\"a\"}",
        "{\"required\":[\"b\"],\"additionalProperties\":false}",
        "{\"items\":[{}]}",
        "{\"prefixItems\":[{\"type\":\"null\"}],\"items\":false}",
        "{}",
        "true",
        "false",
        "null",
        "5",
        "\"\"",
        "[]",
        "",
        "{",
        "{\"type\":\"string\"}}",
        "{\"type\":\"string\",\"type\":\"null\"}",
        "\u0000",
      })
  void aSchemaIsKeptToOrRefusedInWords(String schema) {
    survives(new OutputFormat.JsonSchema(schema));
  }

  @Test
  void schemasOfRandomKeywordsAndWrongValuesDoNoHarm() {
    for (long seed = 0; seed < 3_000; seed++) {
      survives(new OutputFormat.JsonSchema(new Nonsense(seed).value(4)));
    }
  }

  @Test
  void randomExpressionsAndGrammarsDoNoHarm() {
    for (long seed = 0; seed < 6_000; seed++) {
      survives(
          new OutputFormat.Regex(
              new Nonsense(seed).text("ab(|)[]^-*+?{}1,2.$\\dwsnux:=!<>/é", 24)));
      String rules = new Nonsense(seed).text("ab(|)[]^-*+?{}1,2.\\\"\"# \n::==rot", 60);
      survives(new OutputFormat.Rules("root ::= " + rules));
    }
  }

  @Test
  void deepAndLongFormatsAreRefusedOrKeptTo() {
    survives(new OutputFormat.JsonSchema("{\"items\":".repeat(5_000) + "{}" + "}".repeat(5_000)));
    survives(new OutputFormat.JsonSchema("[".repeat(100_000)));
    survives(new OutputFormat.JsonSchema("{\"anyOf\":[" + "{},".repeat(30_000) + "{}]}"));
    survives(new OutputFormat.JsonSchema(doubling(60)));
    survives(new OutputFormat.Regex("(".repeat(100_000)));
    survives(new OutputFormat.Regex("(a|".repeat(5_000) + "b" + ")".repeat(5_000)));
    survives(new OutputFormat.Regex("(a?){1000000}"));
    survives(new OutputFormat.Regex("a?".repeat(2_000) + "a".repeat(2_000)));
    survives(new OutputFormat.Regex("x".repeat(200_000)));
    survives(new OutputFormat.Rules("root ::= " + "(".repeat(100_000)));
    survives(new OutputFormat.Rules("root ::= root"));
    survives(new OutputFormat.Rules("root ::= a\na ::= b\nb ::= a"));
    survives(new OutputFormat.Rules("root ::= \"a\"? root \"b\" | \"c\""));
    survives(new OutputFormat.Choice(List.of("", "a", "a", "\u0000", "\ud800", "\ud83d\ude00")));
    survives(new OutputFormat.Choice(List.of("x".repeat(300_000))));
  }

  /** Each definition names the one before it twice. */
  private static String doubling(int levels) {
    var definitions = new StringBuilder("\"d0\":{\"type\":\"null\"}");
    for (int i = 1; i < levels; i++) {
      definitions.append(
          ",\"d%1$d\":{\"type\":\"array\",\"prefixItems\":[{\"$ref\":\"#/$defs/d%2$d\"},{\"$ref\":\"#/$defs/d%2$d\"}],\"items\":false}"
              .formatted(i, i - 1));
    }
    return "{\"$defs\":{%s},\"$ref\":\"#/$defs/d%d\"}".formatted(definitions, levels - 1);
  }

  /** Schemas that nobody would write. The same seed makes the same ones. */
  private static final class Nonsense {
    private static final List<String> KEYWORDS =
        List.of(
            "type",
            "enum",
            "const",
            "anyOf",
            "oneOf",
            "allOf",
            "properties",
            "required",
            "additionalProperties",
            "minProperties",
            "maxProperties",
            "items",
            "prefixItems",
            "minItems",
            "maxItems",
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "$ref",
            "$defs",
            "nullable",
            "title",
            "uniqueItems");
    private static final List<String> ATOMS =
        List.of(
            "\"string\"",
            "\"object\"",
            "\"array\"",
            "\"integer\"",
            "\"number\"",
            "\"null\"",
            "\"boolean\"",
            "\"#\"",
            "\"#/$defs/a\"",
            "\"a\"",
            "\"^a+$\"",
            "\"date\"",
            "\"email\"",
            "0",
            "1",
            "3",
            "-2",
            "0.5",
            "1e3",
            "true",
            "false",
            "null",
            "{}",
            "[]",
            "\"\"");

    private final Random random;

    Nonsense(long seed) {
      this.random = new Random(seed);
    }

    String value(int depth) {
      return switch (depth == 0 ? 9 : random.nextInt(10)) {
        case 0, 1, 2, 3, 4 -> object(depth);
        case 5, 6 -> array(depth);
        default -> ATOMS.get(random.nextInt(ATOMS.size()));
      };
    }

    private String object(int depth) {
      var members = new StringBuilder();
      int first = random.nextInt(KEYWORDS.size());
      int count = 1 + random.nextInt(4);
      for (int i = 0; i < count; i++) {
        String keyword = KEYWORDS.get((first + i * 7) % KEYWORDS.size());
        members.append(i == 0 ? "" : ",");
        members.append("\"%s\":%s".formatted(keyword, value(depth - 1)));
      }
      return "{" + members + "}";
    }

    private String array(int depth) {
      var items = new StringBuilder();
      for (int i = random.nextInt(3); i >= 0; i--) {
        items.append(value(depth - 1)).append(i > 0 ? "," : "");
      }
      return "[" + items + "]";
    }

    String text(String alphabet, int longest) {
      var text = new StringBuilder();
      for (int i = random.nextInt(longest); i >= 0; i--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      return text.toString();
    }
  }
}
