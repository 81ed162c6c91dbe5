package org.millrace.billing.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LineTest {
  private static final int TOGETHER_MAX = 4;
  private final Line<String, Integer> line = new Line<>(TOGETHER_MAX);

  @Test
  void whoFindsNobodyWorksAtOnceAndAlone() {
    var groups = new ConcurrentLinkedQueue<List<Integer>>();
    line.stand("mill", 1, groups::add);
    line.stand("mill", 2, groups::add);
    assertEquals(List.of(List.of(1), List.of(2)), List.copyOf(groups));
  }

  @Test
  void thoseWhoCameMeanwhileAreDoneTogetherInTheirOrderAndNoMoreThanTheLimit() throws Exception {
    var groups = new ConcurrentLinkedQueue<List<Integer>>();
    var begun = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    try (var threads = Executors.newCachedThreadPool()) {
      var _ =
          threads.submit(() ->
              line.stand(
                  "mill",
                  0,
                  group -> {
                    groups.add(group);
                    begun.countDown();
                    awaited(goOn);
                  }));
      awaited(begun);
      for (int job = 1; job <= 6; job++) {
        int number = job;
        var _ = threads.submit(() -> line.stand("mill", number, groups::add));
        // Each has to stand in the line before the next one comes.
        TimeUnit.MILLISECONDS.sleep(20);
      }
      line.stand("other", 7, groups::add);
      goOn.countDown();
    }
    assertEquals(
        List.of(List.of(0), List.of(7), List.of(1, 2, 3, 4), List.of(5, 6)), List.copyOf(groups));
  }

  @Test
  void everyJobIsDoneOnceByOneAtATime() {
    var done = new ConcurrentHashMap<Integer, Integer>();
    var working = new AtomicInteger();
    try (var threads = Executors.newFixedThreadPool(16)) {
      for (int job = 0; job < 5_000; job++) {
        int number = job;
        var _ =
            threads.submit(() -> {
              line.stand(
                  "mill",
                  number,
                  group -> {
                    assertEquals(1, working.incrementAndGet());
                    assertTrue(group.size() <= TOGETHER_MAX);
                    group.forEach(one -> done.merge(one, 1, Integer::sum));
                    working.decrementAndGet();
                  });
              // It returns when the job is done, and not before.
              done.merge(number, 10, Integer::sum);
            });
      }
    }
    assertEquals(5_000, done.size());
    assertTrue(done.values().stream().allMatch(times -> times == 11));
  }

  @Test
  void aWorkerThatFailsLetsTheNextOneWork() {
    assertThrows(
        IllegalStateException.class,
        () ->
            line.stand(
                "mill",
                1,
                group -> {
                  throw new IllegalStateException("broken");
                }));
    var groups = new ConcurrentLinkedQueue<List<Integer>>();
    line.stand("mill", 2, groups::add);
    assertEquals(List.of(List.of(2)), List.copyOf(groups));
  }

  private static void awaited(CountDownLatch latch) {
    try {
      assertTrue(latch.await(30, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
