package org.millrace.inference.threads;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.BooleanSupplier;
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

  /** Writes down what a team asks for. */
  private static final class RecordingPlaces implements Places {
    private final Set<Integer> begun = ConcurrentHashMap.newKeySet();
    private final Map<Thread, Integer> numbers = new ConcurrentHashMap<>();
    private final Set<Integer> brought = ConcurrentHashMap.newKeySet();
    private final Set<Integer> left = ConcurrentHashMap.newKeySet();

    @Override
    public void begin(int member) {
      begun.add(member);
    }

    @Override
    public boolean canMove() {
      return true;
    }

    @Override
    public int thread() {
      return numbers.computeIfAbsent(Thread.currentThread(), _ -> numbers.size() + 100);
    }

    @Override
    public void bring(int thread) {
      brought.add(thread);
    }

    @Override
    public void leave() {
      left.add(thread());
    }
  }

  @Test
  void everyMemberButTheCallerBeginsAtItsPlace() {
    var places = new RecordingPlaces();
    try (var team = new Team(3, places)) {
      var members = ConcurrentHashMap.<Integer>newKeySet();
      for (int round = 0; round < 10_000 && members.size() < 3; round++) {
        team.run(
            50,
            (chunk, member) -> {
              members.add(member);
              assertTrue(member == 0 || places.begun.contains(member));
            });
      }
      assertFalse(places.begun.contains(0));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void whoIsLateWithAChunkGetsTheProcessorOfWhoWaits(int late) {
    var places = new RecordingPlaces();
    try (var team = new Team(2, places)) {
      var lateThread = new AtomicInteger();
      team.run(
          2,
          (chunk, member) -> {
            if (member == late) {
              lateThread.set(places.thread());
              awaitThat(() -> !places.brought.isEmpty());
            } else {
              awaitThat(() -> lateThread.get() != 0);
            }
          });
      assertEquals(Set.of(lateThread.get()), places.brought);
      // A member that was late goes away again; a caller that was late stays, and the member goes.
      awaitThat(() -> places.left.size() == 1);
      assertFalse(places.left.contains(places.thread()), "the caller stays");
    }
  }

  private static void awaitThat(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "nothing happened");
      Thread.onSpinWait();
    }
  }

  @Test
  void aTeamHasAtLeastOneMember() {
    assertThrows(IllegalArgumentException.class, () -> new Team(0));
  }
}
