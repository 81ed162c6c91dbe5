package org.millrace.inference.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class TurnsTest {
  @Test
  void buffersOfOneTurnLieSideBySideAndThoseOfAnotherOverThem() {
    List<List<Long>> turns = List.of(List.of(10L, 0L, 33L), List.of(100L, 1L));
    assertEquals(112 + 16, Turns.floats(turns));
    List<List<Buffer>> cut = Turns.cut(new Buffer(4096, 128), turns);
    assertEquals(
        List.of(new Buffer(4096, 10), new Buffer(4096 + 64, 0), new Buffer(4096 + 64, 33)),
        cut.getFirst());
    assertEquals(List.of(new Buffer(4096, 100), new Buffer(4096 + 448, 1)), cut.getLast());
  }

  @Test
  void noTurnReachesBeyondTheMemory() {
    for (List<List<Long>> turns :
        List.of(List.of(List.of(7L)), List.of(List.<Long>of()), List.of(List.of(16L, 17L)))) {
      long floats = Turns.floats(turns);
      for (List<Buffer> turn : Turns.cut(new Buffer(0, floats), turns)) {
        turn.forEach(buffer -> assertTrue(buffer.at(buffer.floats()) <= 4 * floats));
      }
    }
  }
}
