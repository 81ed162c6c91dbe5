package org.millrace.inference.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.CpuList;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.threads.Places;

/**
 * Keeps each of a team's threads on a processor of its own, where that was asked for; otherwise
 * lets the team move them, where the system can. What the system would not do is found out before
 * anything is loaded.
 */
public final class Pins implements Places {
  private final List<Integer> cpus;
  private final boolean movable;
  private volatile @Nullable Thread caller;

  private Pins(List<Integer> cpus) {
    this.cpus = cpus;
    this.movable =
        cpus.isEmpty() && NativeLibrary.instance().symbols() != null && NativeCalls.thread() >= 0;
  }

  /**
   * @param threads members of the team
   * @throws ModelLoadException when so many threads cannot be kept on these processors
   */
  public static Pins of(CpuList wanted, int threads) {
    List<Integer> cpus = wanted.cpus();
    if (cpus.isEmpty()) {
      return new Pins(cpus);
    }
    if (cpus.size() != threads) {
      throw new ModelLoadException(
          "cpus names %d processors (%s), but the engine has %d threads; name one for each"
              .formatted(cpus.size(), cpus, threads));
    }
    if (NativeLibrary.instance().symbols() == null) {
      throw refusal(NativeLibrary.instance().reason());
    }
    for (int cpu : cpus) {
      int may = NativeCalls.mayUse(cpu);
      if (may < 0) {
        throw refusal("this system keeps no thread on a processor");
      }
      if (may == 0) {
        throw refusal("this process may not run on processor " + cpu);
      }
    }
    return new Pins(cpus);
  }

  private static ModelLoadException refusal(String why) {
    return new ModelLoadException(
        "cpus cannot be used: %s; leave it empty and the system places threads".formatted(why));
  }

  /** Has the calling thread, which is this member of the team, run on its processor alone. */
  @Override
  public void begin(int member) {
    if (cpus.isEmpty()) {
      return;
    }
    int fault = NativeCalls.pin(cpus.get(member));
    if (fault != 0) {
      // It was allowed at the start; slower is better than not at all.
      System.getLogger(Pins.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "thread {0} is not kept on processor {1}: error {2}",
              Thread.currentThread().getName(),
              cpus.get(member),
              fault);
    }
  }

  /** Pins the thread that runs steps, member 0, when it is another than before. */
  public void pinCaller() {
    if (!cpus.isEmpty() && caller != Thread.currentThread()) {
      caller = Thread.currentThread();
      begin(0);
    }
  }

  @Override
  public boolean canMove() {
    return movable;
  }

  @Override
  public int thread() {
    return NativeCalls.thread();
  }

  @Override
  public void bring(int thread) {
    // Where the system will not, the thread comes when it comes.
    NativeCalls.bring(thread);
  }

  @Override
  public void leave() {
    NativeCalls.leave();
  }
}
