package org.millrace.inference.grammar;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.millrace.inference.api.InvalidRequestException;
import org.millrace.inference.api.OutputFormat;

/** A format may unfold deeper than the stack of the thread that compiles it. */
class DeepFormatTest {
  private static final int MEMBERS = 3_000;
  private static final int STACK_BYTES = 160 * 1024;

  @Test
  void aSchemaTooDeepForTheStackIsRefusedAndNoErrorOfTheMachine() throws InterruptedException {
    var outcome = new AtomicReference<@Nullable Throwable>();
    var compiling =
        new Thread(
            null,
            () -> {
              try {
                Outputs.llama3().compile(new OutputFormat.JsonSchema(manyMembers()));
              } catch (Throwable e) {
                outcome.set(e);
              }
            },
            "small stack",
            STACK_BYTES);
    Outputs.llama3();
    compiling.start();
    compiling.join();
    assertInstanceOf(InvalidRequestException.class, outcome.get());
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
