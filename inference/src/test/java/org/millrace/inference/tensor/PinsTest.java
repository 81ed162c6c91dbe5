package org.millrace.inference.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.millrace.inference.api.CpuList;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.threads.Team;

class PinsTest {
  private static void assumeThatThreadsCanBePinned() {
    assumeTrue(NativeLibrary.instance().symbols() != null, NativeLibrary.instance().reason());
    assumeTrue(NativeCalls.mayUse(0) >= 0, "this system pins no threads");
  }

  private static List<Integer> usable() {
    return IntStream.range(0, 1024).filter(cpu -> NativeCalls.mayUse(cpu) == 1).boxed().toList();
  }

  /** Pinning lasts for a thread's life, so tests do it on threads of their own. */
  private static List<Integer> usableAfter(Runnable pinning) throws Exception {
    var task =
        new FutureTask<List<Integer>>(() -> {
          pinning.run();
          return usable();
        });
    Thread.ofPlatform().start(task);
    return task.get();
  }

  @Test
  void aPinnedThreadMayRunOnItsProcessorAlone() throws Exception {
    assumeThatThreadsCanBePinned();
    int last = usable().getLast();
    Pins pins = Pins.of(new CpuList(List.of(last)), 1);
    assertEquals(List.of(last), usableAfter(() -> pins.begin(0)));
    assertEquals(List.of(last), usableAfter(pins::pinCaller));
  }

  @Test
  void threadsGoWhereTheyLikeWhenNothingIsAskedFor() throws Exception {
    assumeThatThreadsCanBePinned();
    assertEquals(usable(), usableAfter(() -> Pins.of(CpuList.NONE, 2).begin(1)));
  }

  @Test
  void everyMemberOfATeamIsOnItsOwn() {
    assumeThatThreadsCanBePinned();
    List<Integer> cpus = usable();
    assumeTrue(cpus.size() > 1, "there is one processor only");
    Pins pins = Pins.of(new CpuList(cpus.subList(0, 2)), 2);
    try (var team = new Team(2, pins)) {
      team.run(
          1_000,
          (chunk, member) -> {
            if (member == 1) {
              assertEquals(List.of(cpus.get(1)), usable());
            }
          });
    }
  }

  @Test
  void aThreadThatIsMovedMayStillRunAnywhere() throws Exception {
    assumeThatThreadsCanBePinned();
    Pins pins = Pins.of(CpuList.NONE, 2);
    assertTrue(pins.canMove());
    assertEquals(usable(), usableAfter(pins::leave));
    assertEquals(usable(), usableAfter(() -> pins.bring(pins.thread())));
    assertFalse(Pins.of(new CpuList(usable().subList(0, 1)), 1).canMove());
  }

  @Test
  void thereIsAProcessorForEachThreadOrARefusal() {
    String message = refusal(new CpuList(List.of(0, 1, 2)), 2);
    assertTrue(message.contains("names 3 processors ([0, 1, 2]), but the engine has 2"), message);
  }

  @Test
  void aProcessorThatIsNotThereIsRefused() {
    assumeThatThreadsCanBePinned();
    assertFalse(usable().contains(1023));
    String message = refusal(new CpuList(List.of(1023)), 1);
    assertTrue(message.contains("this process may not run on processor 1023"), message);
  }

  private static String refusal(CpuList cpus, int threads) {
    return String.valueOf(
        assertThrows(ModelLoadException.class, () -> Pins.of(cpus, threads)).getMessage());
  }
}
