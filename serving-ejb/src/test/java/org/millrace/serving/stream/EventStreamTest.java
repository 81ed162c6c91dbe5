package org.millrace.serving.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.api.ServingError;

class EventStreamTest {
  private final AtomicInteger moves = new AtomicInteger();
  private final EventStream stream =
      new EventStream("r", 3, 4, InstantSource.system(), moves::incrementAndGet);

  private static Delta delta(int number) {
    return new Delta(0, Integer.toString(number), 1, List.of());
  }

  @Test
  void aFullStreamHasNoRoomUntilItsReaderMoves() throws InterruptedException {
    for (int i = 0; i < 4; i++) {
      assertTrue(stream.hasRoom(1));
      stream.put(delta(i));
    }
    assertFalse(stream.hasRoom(1));
    assertThrows(IllegalStateException.class, () -> stream.put(delta(4)));
    assertEquals(delta(0), stream.next(Duration.ZERO));
    assertTrue(stream.hasRoom(1));
    assertTrue(moves.get() > 0, "the engine was not woken");
  }

  @Test
  void theLastEventWaitsForAllOthersAndIsGivenOnce() throws InterruptedException {
    stream.put(delta(0));
    var failed = new CompletionEvent.Failed(ServingError.ENGINE_FAILED, "broken");
    stream.finish(failed);
    assertEquals(delta(0), stream.next(Duration.ZERO));
    assertEquals(failed, stream.next(Duration.ZERO));
    assertNull(stream.next(Duration.ofSeconds(5)));
  }

  @Test
  void cancellingTwiceIsOneCancel() {
    stream.cancel();
    stream.close();
    assertTrue(stream.isCancelled());
    assertEquals(1, moves.get());
  }

  @Test
  @Timeout(20)
  void aWaitingReaderIsWokenByTheEventAndNotByTheClock() throws InterruptedException {
    var writer =
        Thread.ofPlatform()
            .start(() -> {
              for (int i = 0; i < 20_000; i++) {
                while (!stream.hasRoom(1)) {
                  Thread.onSpinWait();
                }
                stream.put(delta(i));
              }
              stream.ended(Long.MAX_VALUE);
              stream.finish(
                  new CompletionEvent.Completed(
                      new CompletionEvent.RequestUsage(3, 0, 20_000, "0", "EUR")));
            });
    for (int i = 0; i < 20_000; i++) {
      assertEquals(delta(i), stream.next(Duration.ofMinutes(1)));
    }
    assertInstanceOf(CompletionEvent.Completed.class, stream.next(Duration.ofMinutes(1)));
    writer.join();
  }

  @Test
  @Timeout(20)
  void aReaderThatWaitsForASettlementIsToldWhenItTakesTooLong() throws InterruptedException {
    stream.ended(InstantSource.system().millis() + 50);
    var failed = assertInstanceOf(CompletionEvent.Failed.class, stream.next(Duration.ofMinutes(1)));
    assertEquals(ServingError.BILLING_UNAVAILABLE, failed.error());
  }
}
