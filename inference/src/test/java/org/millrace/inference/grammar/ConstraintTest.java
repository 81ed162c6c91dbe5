package org.millrace.inference.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.inference.api.ConstraintState;
import org.millrace.inference.api.Constraints;
import org.millrace.inference.api.InvalidRequestException;
import org.millrace.inference.api.OutputFormat;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.sampling.SeededSampler;

class ConstraintTest {
  private final ByteVocabulary vocabulary = new ByteVocabulary("ab", "\"", "\u00e4\u00f6", "yes");
  private final Constraints constraints = Constraints.of(vocabulary);

  @Test
  void theEndIsAllowedExactlyWhenTheTextIsComplete() {
    ConstraintState state = start(new OutputFormat.Regex("ab|abab"));
    assertEquals("a", next(state));
    state.advance('a');
    assertFalse(state.allows(vocabulary.end()));
    state.advance('b');
    assertTrue(state.isComplete());
    assertTrue(state.allows(vocabulary.end()));
    assertTrue(state.allows('a'));
    state.advance('a');
    state.advance('b');
    assertFalse(state.allows('a'));
    assertTrue(state.allows(vocabulary.end()));
  }

  @Test
  void charactersMayComeByteByByteButOnlyWhole() {
    byte[] umlaut = "\u00e4".getBytes(StandardCharsets.UTF_8);
    ConstraintState state = start(new OutputFormat.Regex("[\u00e4\u00f6]{2}"));
    state.advance(umlaut[0] & 0xFF);
    assertFalse(state.allows(vocabulary.end()));
    assertFalse(state.allows('a'));
    assertFalse(state.allows(umlaut[0] & 0xFF));
    state.advance(umlaut[1] & 0xFF);
    assertFalse(state.allows(vocabulary.end()));
  }

  @Test
  void specialTokensAreNeverAllowed() {
    ConstraintState state = start(new OutputFormat.Regex("[\\s\\S]*"));
    assertFalse(state.allows(vocabulary.special()));
    assertTrue(state.allows('<'));
    assertThrows(IllegalStateException.class, () -> state.advance(vocabulary.special()));
  }

  @Test
  void whiteSpaceComesToAnEnd() {
    ConstraintState state = start(new OutputFormat.JsonObject());
    state.advance('{');
    state.advance('\n');
    for (int i = 0; i < 24; i++) {
      assertTrue(state.allows(' '), "space " + i);
      state.advance(' ');
    }
    assertFalse(state.allows(' '));
    assertFalse(state.allows('\n'));
  }

  @Test
  void nestingComesToAnEndAndCanAlwaysBeClosed() {
    ConstraintState state =
        start(new OutputFormat.Rules("root ::= \"(\" root \")\" | \"x\" [0-9]"));
    int depth = 0;
    while (state.allows('(')) {
      state.advance('(');
      depth++;
      assertTrue(depth < 1_000, "nesting has no end");
    }
    assertTrue(depth > 50, "only " + depth + " levels");
    state.advance('x');
    state.advance('7');
    for (int i = 0; i < depth; i++) {
      assertTrue(state.allows(')'), "level " + i);
      state.advance(')');
    }
    assertTrue(state.isComplete());
  }

  @Test
  void aVeryAmbiguousGrammarStaysBoundedAndValid() {
    ConstraintState state =
        start(
            new OutputFormat.Rules(
                "root ::= s  s ::= \"a\" s \"b\" | \"a\" s \"c\" | \"a\" s s | \"x\""));
    for (int i = 0; i < 40; i++) {
      assertTrue(state.allows('a'), "step " + i);
      state.advance('a');
    }
    state.advance('x');
    assertTrue(state.allows('b') || state.allows('c') || state.allows('a') || state.allows('x'));
  }

  @Test
  void aSamplerDrawsOnlyWhatIsAllowedWhateverTheModelPrefers() {
    var params =
        SamplingParams.greedy()
            .withConstraint(constraints.compile(new OutputFormat.Choice(List.of("no", "yes"))));
    var sampler = new SeededSampler(params, vocabulary.vocabularySize(), new int[0]);
    var text = new StringBuilder();
    int token = sampler.sample(logitsFor('z')).token();
    while (token != vocabulary.end()) {
      text.append(vocabulary.piece(token));
      token = sampler.sample(logitsFor('z')).token();
    }
    assertTrue(List.of("no", "yes").contains(text.toString()), text.toString());
  }

  @Test
  void aDeadEndFailsTheSequenceAndSaysSo() {
    var params =
        SamplingParams.greedy().withConstraint(constraints.compile(new OutputFormat.Regex("q")));
    var sampler = new SeededSampler(params, vocabulary.vocabularySize(), new int[0]);
    float[] logits = logitsFor('z');
    logits['q'] = Float.NEGATIVE_INFINITY;
    var failure = assertThrows(IllegalStateException.class, () -> sampler.sample(logits));
    assertTrue(String.valueOf(failure.getMessage()).contains("allows 1 tokens"));
  }

  @Test
  void logprobsAreThoseOfTheModelAlone() {
    var plain = new SamplingParams(0, 0, 1, 0, 1, 0, 0, 0, java.util.Map.of(), true, 1);
    var kept = plain.withConstraint(constraints.compile(new OutputFormat.Regex("q")));
    var drawn =
        new SeededSampler(kept, vocabulary.vocabularySize(), new int[0]).sample(logitsFor('z'));
    assertEquals('q', drawn.token());
    assertEquals('z', drawn.top().getFirst().token());
    assertTrue(drawn.logprob() < drawn.top().getFirst().logprob());
  }

  @Test
  void theSameFormatIsCompiledOnce() {
    var format = new OutputFormat.Regex("a+");
    assertSame(constraints.compile(format), constraints.compile(new OutputFormat.Regex("a+")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"not\":{}} | schema keyword 'not' at / is not supported",
        "{\"properties\":{\"a\":{\"if\":{}}}} | schema keyword 'if' at /properties/a is not supported",
        "{\"items\":{\"uniqueItems\":true}} | schema keyword 'uniqueItems' at /items is not supported",
        "{\"patternProperties\":{}} | schema keyword 'patternProperties' at /",
        "{\"type\":\"thing\"} | schema keyword 'type' at / must be one of null, boolean",
        "{\"minLength\":-1} | schema keyword 'minLength' at / must be a whole number",
        "{\"maxItems\":2000000} | is 2000000; the limit is 1000000",
        "{\"format\":\"phone\"} | the format 'phone' is not known; known are date,",
        "{\"$ref\":\"http://x/y\"} | supported are references within the schema",
        "{\"$ref\":\"#/$defs/a\"} | names '#/$defs/a', which is not there",
        "{\"multipleOf\":0.3} | it is 0.3; supported are whole numbers from 1 to 1000",
        "{\"minimum\":1e30} | the limit is 18 digits before",
        "{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"number\"}]} | alternatives 0 and 1 may both hold; use 'anyOf'",
        "{\"enum\":[\"a\"],\"minLength\":3} | 'minLength' at / is not supported: it stands together",
        "{\"items\":[{}]} | it is an array; use 'prefixItems'",
        "{\"type\":\"string\",\"pattern\":\"(?=a)\"} | looking ahead is not supported",
        "{\"type\":\"integer\",\"minimum\":5,\"maximum\":4} | no text can ever match it",
        "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"],\"type\":\"object\"} | no text can ever match it",
        "{\"properties\":{\"a\":false},\"required\":[\"a\"]} | no text can ever match it",
        "[1] | the schema at / must be an object or a boolean, but is of type array",
        "{\"a\":1 | it is no JSON: '~,~' is missing",
      })
  void aSchemaThatCannotBeKeptIsRefusedByNameAndPlace(String schema, String message) {
    refused(new OutputFormat.JsonSchema(schema), message.replace("~", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "(a)\\1 ! references to groups",
        "a(?=b) ! looking ahead",
        "(?<=a)b ! looking behind",
        "(?i)a ! flags",
        "a\\b ! word boundaries",
        "a++ ! possessive",
        "*a ! nothing to repeat",
        "(a ! a '(' has no ')'",
        "a) ! a ')' has no '('",
        "[a ! it ends too early",
        "[z-a] ! ends before it begins",
        "a{2,1} ! counts from 2 to 1",
        "a{1,9999999} ! beyond 1000000, which is the limit",
        "a^b ! anchors are supported",
        "\\p{L} ! the escape \\p is not supported",
      })
  void anExpressionThatIsNotUnderstoodIsRefusedByName(String pattern, String message) {
    refused(new OutputFormat.Regex(pattern), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "root ::= a ! the rule 'a' is named but not defined",
        "a ::= \"x\" ! no rule 'root'",
        "root ::= root \"x\" | \"y\" ! rule 'root' is left-recursive",
        "root ::= a? root  a ::= \"x\" ! rule 'root' is left-recursive",
        "root ::= \"x\" root ! no text can ever match it",
        "root ::= \"x\" root ::= \"y\" ! defined twice",
        "root ::= (\"x\" ! a '(' has no ')'",
        "root ::= \"x ! it ends too early",
        "root = \"x\" ! a rule 'name ::= ...' is expected",
        "root ::= \"x\"{a} ! must begin a count",
      })
  void aGrammarThatIsNotUnderstoodIsRefusedByName(String rules, String message) {
    refused(new OutputFormat.Rules(rules), message);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4_097})
  void choicesAreCounted(int count) {
    var choices = java.util.stream.IntStream.range(0, count).mapToObj(String::valueOf).toList();
    refused(
        new OutputFormat.Choice(choices),
        "there are %d choices; expected 1 to 4096".formatted(count));
  }

  @Test
  void whatWouldTakeTooManyStatesIsRefusedWithTheLimit() {
    refused(
        new OutputFormat.JsonSchema(
            "{\"type\":\"string\",\"pattern\":\"a.{17}b\",\"maxLength\":4000}"),
        "automaton states, which is the limit");
    refused(
        new OutputFormat.Regex("(x*(a|b)*a(a|b){12}){1,30}|" + "a".repeat(300_000)),
        "the limit is 262144");
  }

  @Test
  void rulesAreReadAsLlamaCppWritesThem() {
    ConstraintState state =
        start(
            new OutputFormat.Rules(
                """
                # a move
                root  ::= "1. " move " " move "\\n"
                move  ::= (pawn | [NBRQK] [a-h] [1-8]) [+#]?   # the rest
                pawn  ::= [a-h] [1-8]
                  | "O-O" "-O"?
                """));
    for (char c : "1. e4 O-O-O+\n".toCharArray()) {
      assertTrue(state.allows(c), "at " + c);
      state.advance(c);
    }
    assertTrue(state.isComplete());
  }

  private void refused(OutputFormat format, String message) {
    var refusal = assertThrows(InvalidRequestException.class, () -> constraints.compile(format));
    assertTrue(String.valueOf(refusal.getMessage()).contains(message), refusal.getMessage());
  }

  private ConstraintState start(OutputFormat format) {
    return constraints.compile(format).start();
  }

  private String next(ConstraintState state) {
    var next = new StringBuilder();
    for (int token = 0; token < 256; token++) {
      if (state.allows(token)) {
        next.append((char) token);
      }
    }
    return next.toString();
  }

  private float[] logitsFor(int preferred) {
    float[] logits = new float[vocabulary.vocabularySize()];
    logits[preferred] = 10;
    return logits;
  }
}
