package org.millrace.inference.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.inference.api.ConstraintState;
import org.millrace.inference.api.Constraints;
import org.millrace.inference.api.InvalidRequestException;
import org.millrace.inference.api.OutputFormat;

/** Which texts a format takes and which it does not, byte by byte. */
class AcceptanceTest {
  private final Constraints constraints = Constraints.of(new ByteVocabulary());

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      quoteCharacter = '~',
      value = {
        "{'type':'array','minItems':2} ! [1,2] ! [1]",
        "{'type':'array','minItems':3} ! [{},[],0] ! [{},[]]",
        "{'type':'array','maxItems':2} ! [1,2] ! [1,2,3]",
        "{'type':'array','minItems':2,'maxItems':4} ! [[],[],[],[]] ! [[],[],[],[],[]]",
        "{'type':'array','prefixItems':[{}],'minItems':3} ! [1,2,3] ! [1,2]",
        "{'type':'object','maxProperties':2} ! {'a':1,'b':[]} ! {'a':1,'b':[],'c':0}",
      })
  void itemsAndMembersAreCountedWhateverTheyAre(String schema, String taken, String refused) {
    takes(new OutputFormat.JsonSchema(schema.replace('\'', '"')), taken.replace('\'', '"'), true);
    takes(
        new OutputFormat.JsonSchema(schema.replace('\'', '"')), refused.replace('\'', '"'), false);
  }

  @Test
  void aRuleBeforeARepetitionIsNotCountedAsOneOfItsTimes() {
    var rules =
        new OutputFormat.Rules(
            "root ::= list ([a-z0-9]{20} list){2,3}  list ::= \"(\" list? \")\"");
    String piece = "abcdefghijklmnopqrst()";
    takes(rules, "()" + piece, false);
    takes(rules, "()" + piece.repeat(2), true);
    takes(rules, "(())" + piece.repeat(3), true);
    takes(rules, "()" + piece.repeat(4), false);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      quoteCharacter = '~',
      value = {
        "^\\\\S+$ ! \u00a0",
        "^\\\\S+$ ! \ufeff",
        "^[^\\\\s]{1,3}$ ! a\u3000",
        "^[\\\\S]$ ! \u2029",
      })
  void whatSomeReadersTakeForWhiteSpaceIsNotWrittenForItsOpposite(String pattern, String text) {
    var format =
        new OutputFormat.JsonSchema("{\"type\":\"string\",\"pattern\":\"%s\"}".formatted(pattern));
    takes(format, "\"%s\"".formatted(text), false);
    takes(format, "\"x\"", true);
  }

  @Test
  void aClassOfWhiteSpaceAndItsOppositeIsEverything() {
    takes(new OutputFormat.Regex("[\\s\\S]{2}"), "\u00a0\n", true);
    takes(new OutputFormat.Regex("[^\\S\\n]"), " ", true);
    takes(new OutputFormat.Regex("[^\\S\\n]"), "\n", false);
    takes(new OutputFormat.Regex("[\\\\s\\S]"), "\u00a0", false);
  }

  @Test
  void halvesOfPairsAreEscapedWhereJsonHasThemAndRefusedElsewhere() {
    takes(
        new OutputFormat.JsonSchema("{\"enum\":[\"\\ud800x\",\"\\ud83d\\ude00\"]}"),
        "\"\\ud800x\"",
        true);
    takes(
        new OutputFormat.JsonSchema("{\"enum\":[\"\\ud800x\",\"\\ud83d\\ude00\"]}"),
        "\"\ud83d\ude00\"",
        true);
    String message = "half of a surrogate pair";
    refused(new OutputFormat.Choice(List.of("a", "\ud800")), message);
    refused(new OutputFormat.Regex("a\ud800"), message);
    refused(new OutputFormat.Regex("\\ud800"), message);
    refused(new OutputFormat.Rules("root ::= \"\\U0000DC00\""), message);
  }

  @Test
  void escapedPairsCountAsOneCharacter() {
    var format = new OutputFormat.JsonSchema("{\"type\":\"string\",\"maxLength\":1}");
    takes(format, "\"\\uD83D\\uDE00\"", true);
    takes(format, "\"\\ud83d\\ude00\\ud83d\\ude00\"", false);
    takes(format, "\"\\ud83d\"", false);
    takes(format, "\"\\ude00\"", false);
    takes(format, "\"\\ud83d\\u0041\"", false);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      quoteCharacter = '~',
      value = {
        "{'type':'number','exclusiveMaximum':100} ! 99.9999999999999 ! 99.99999999999999",
        "{'type':'number','exclusiveMinimum':7} ! 7.00000000000001 ! 7.000000000000001",
        "{'type':'number','exclusiveMinimum':-2,'maximum':0} ! -1.99999999999999 ! -1.999999999999999",
        "{'type':'number','exclusiveMinimum':0.1234567890123456} ! 0.123456789012347 ! 0.1234567890123457",
      })
  void whatIsMoreThanABoundIsSoForReadersOfDoubles(String schema, String taken, String refused) {
    takes(new OutputFormat.JsonSchema(schema.replace('\'', '"')), taken, true);
    takes(new OutputFormat.JsonSchema(schema.replace('\'', '"')), refused, false);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      quoteCharacter = '~',
      value = {
        "{'properties':{'k':{'const':1}},'oneOf':[{'properties':{'a':{}},'required':['a']},{'properties':{'k':{}},'required':['k']}]}",
        "{'additionalProperties':true,'oneOf':[{'properties':{'a':{}},'required':['a']},{'properties':{'b':{}},'required':['b']}]}",
        "{'oneOf':[{'type':'string'},{'minimum':3}]}",
        "{'oneOf':[{'minLength':1},{'minimum':3}]}",
      })
  void alternativesThatMayHoldAtOnceAreRefused(String schema) {
    refused(new OutputFormat.JsonSchema(schema.replace('\'', '"')), "may both hold");
  }

  @Test
  void alternativesThatAreClosedExcludeEachOtherByWhatTheyRequire() {
    takes(
        new OutputFormat.JsonSchema(
            """
            {"oneOf":[
              {"type":"object","properties":{"a":{"type":"null"}},"required":["a"],"additionalProperties":false},
              {"type":"object","properties":{"b":{"type":"null"}},"required":["b"],"additionalProperties":false}]}
            """),
        "{\"b\":null}",
        true);
  }

  @Test
  void aSchemaThatLeadsBackToItselfIsRefusedAtOnce() {
    refusedAtOnce(
        "{\"anyOf\":[{\"type\":\"string\"},{\"$ref\":\"#\"}],\"type\":\"array\",\"items\":false}",
        "left-recursive");
    refusedAtOnce(
        "{\"allOf\":[%s{}]}".formatted("{},".repeat(40_000)), "256 schemas must hold together");
    refusedAtOnce(
        "{\"oneOf\":[%s{}]}".formatted("{},".repeat(40_000)), "40001 alternatives; the limit is");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "[]a] ! cannot begin with ']'",
        "[^]a] ! cannot begin with ']'",
        "a{,3} ! needs its first number",
        "[[:alpha:]] ! named classes",
      })
  void whatReadersUnderstandDifferentlyIsRefused(String pattern, String message) {
    refused(new OutputFormat.Regex(pattern), message);
    takes(new OutputFormat.Regex("[[:a]+"), "[:a", true);
  }

  @Test
  void tokensInGrammarsAreRefusedByName() {
    refused(new OutputFormat.Rules("root ::= <think> \"a\""), "tokens by their name or number");
    refused(new OutputFormat.Rules("root ::= !<[10]> \"a\""), "tokens by their name or number");
  }

  private void refusedAtOnce(String schema, String message) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(2), () -> refused(new OutputFormat.JsonSchema(schema), message));
  }

  private void refused(OutputFormat format, String message) {
    var refusal = assertThrows(InvalidRequestException.class, () -> constraints.compile(format));
    assertTrue(String.valueOf(refusal.getMessage()).contains(message), refusal.getMessage());
  }

  private void takes(OutputFormat format, String text, boolean expected) {
    ConstraintState state = constraints.compile(format).start();
    boolean taken = true;
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      taken = taken && state.allows(value & 0xFF);
      if (taken) {
        state.advance(value & 0xFF);
      }
    }
    assertEquals(expected, taken && state.isComplete(), () -> text + " under " + format);
  }
}
