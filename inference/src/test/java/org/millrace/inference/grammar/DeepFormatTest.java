package org.millrace.inference.grammar;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.BitSet;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.inference.api.InvalidRequestException;
import org.millrace.inference.api.OutputFormat;

/** A format may unfold deeper than the stack of the thread that compiles it. */
class DeepFormatTest {
  private static final int MEMBERS = 3_000;
  private static final int STACK_BYTES = 160 * 1024;

  @Test
  void aSchemaTooDeepForTheStackIsRefusedAndNoErrorOfTheMachine() {
    var vocabulary = Outputs.llama3();
    var format = new OutputFormat.JsonSchema(manyMembers());
    var compiling = new FutureTask<>(() -> vocabulary.compile(format));
    new Thread(null, compiling, "small stack", STACK_BYTES).start();
    var error = assertThrows(ExecutionException.class, compiling::get);
    assertInstanceOf(InvalidRequestException.class, error.getCause());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "root ::= s  s ::= [a-m] s [a-z] | [g-z] s [0-9] | [a-z] s s | \"x\"",
        "root ::= (a | b | c){0,1000}  a ::= [a-m]{1,300} [a-z]  b ::= [g-z]{1,200} [a-k]{3,80}  c ::= ([a-z] | [a-f]{2,90}){1,100}",
      })
  void anAmbiguousGrammarHoldsNobodyUpAndEveryTokenItAllowsLeadsOn(String rules) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> {
          var state = Outputs.llama3().compile(new OutputFormat.Rules(rules)).start();
          var random = new Random(5);
          for (int step = 0; step < 25; step++) {
            var allowed = BitSet.valueOf(state.allowed());
            int token = allowed.nextSetBit(random.nextInt(allowed.length()));
            // One that ends the text leaves it where it is.
            state.advance(token);
          }
        });
  }

  private static String manyMembers() {
    var names = IntStream.range(0, MEMBERS).mapToObj(i -> "\"p" + i + "\"").toList();
    var properties =
        names.stream()
            .map(name -> name + ":{\"type\":\"string\",\"minLength\":3}")
            .collect(Collectors.joining(","));
    return "{\"type\":\"object\",\"properties\":{%s},\"required\":[%s]}"
        .formatted(properties, String.join(",", names));
  }
}
