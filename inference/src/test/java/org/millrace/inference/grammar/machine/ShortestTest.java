package org.millrace.inference.grammar.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.millrace.inference.grammar.bounds.Budget;
import org.millrace.inference.grammar.syntax.GbnfParser;

class ShortestTest {
  private static final int STACK_BYTES = 160 * 1024;

  private static Program program(String rules) {
    return ProgramBuilder.build(GbnfParser.parse(rules), new Budget());
  }

  private static int shortest(Program program) {
    return new Shortest(program).bytes(program.start());
  }

  @Test
  void theShortestTextCountsItsBytes() {
    assertEquals(3, shortest(program("root ::= (\"ab\" | \"c\") \"d\"{2,9}")));
    assertEquals(502, shortest(program("root ::= \"<\" [a-z]{500,900} \">\"")));
  }

  @Test
  void thousandsOfPartsInARowFitASmallStack() throws InterruptedException {
    Program program = program("root ::= " + "[a-z]{300,400} \",\" ".repeat(3_000));
    var found = new AtomicInteger(-1);
    var thread = new Thread(null, () -> found.set(shortest(program)), "small stack", STACK_BYTES);
    thread.start();
    thread.join();
    assertEquals(1_024, found.get());
  }
}
