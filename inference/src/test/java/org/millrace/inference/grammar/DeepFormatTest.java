package org.millrace.inference.grammar;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
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
