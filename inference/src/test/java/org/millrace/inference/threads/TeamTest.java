package org.millrace.inference.threads;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TeamTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void everyChunkOfEveryJobRunsExactlyOnce(int size) {
    try (var team = new Team(size)) {
      for (int job = 0; job < 2_000; job++) {
        int chunks = job % 37;
        var runs = new AtomicIntegerArray(chunks);
        team.run(chunks, (chunk, member) -> runs.incrementAndGet(chunk));
        for (int i = 0; i < chunks; i++) {
          assertEquals(1, runs.get(i), "job " + job + ", chunk " + i);
        }
      }
    }
  }

  @Test
  void noTwoChunksRunAtOnceOnOneMember() {
    try (var team = new Team(4)) {
      var busy = new AtomicIntegerArray(4);
      for (int job = 0; job < 200; job++) {
        team.run(
            50,
            (chunk, member) -> {
              assertEquals(1, busy.incrementAndGet(member));
              Thread.onSpinWait();
              busy.decrementAndGet(member);
            });
      }
    }
  }

  @Test
  void aFailureReachesTheCallerAndTheTeamGoesOn() {
    try (var team = new Team(3)) {
      var failure = new IllegalStateException("broken chunk");
      for (int round = 0; round < 100; round++) {
        var thrown =
            assertThrows(
                IllegalStateException.class,
                () ->
                    team.run(
                        20,
                        (chunk, member) -> {
                          if (chunk == 7) {
                            throw failure;
                          }
                        }));
        assertSame(failure, thrown);
        var runs = new AtomicIntegerArray(20);
        team.run(20, (chunk, member) -> runs.incrementAndGet(chunk));
        for (int i = 0; i < 20; i++) {
          assertEquals(1, runs.get(i));
        }
      }
    }
  }

  @Test
  void membersThatSleepWakeUpForTheNextJob() throws InterruptedException {
    try (var team = new Team(2)) {
      team.run(4, (chunk, member) -> {});
      Thread.sleep(50);
      var bothAtWork = new CountDownLatch(2);
      team.run(
          2,
          (chunk, member) -> {
            bothAtWork.countDown();
            try {
              // Only ends when the other member takes the other chunk.
              assertTrue(bothAtWork.await(30, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
    }
  }

  @Test
  void closingTwiceIsFineAndEndsTheThreads() {
    var members = ConcurrentHashMap.<Thread>newKeySet();
    var team = new Team(3);
    team.run(1_000, (chunk, member) -> members.add(Thread.currentThread()));
    team.close();
    team.close();
    members.remove(Thread.currentThread());
    members.forEach(member -> assertFalse(member.isAlive(), member.getName()));
    assertThrows(IllegalStateException.class, () -> team.run(1, (chunk, member) -> {}));
  }

  @Test
  void aTeamHasAtLeastOneMember() {
    assertThrows(IllegalArgumentException.class, () -> new Team(0));
  }
}
