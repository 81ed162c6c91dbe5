package org.millrace.billing.ledger;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Those who want the same thing at the same time stand in line, and one of them does the work of
 * all who wait. Who finds nobody works at once and alone; who comes meanwhile waits, and the first
 * of them works next, for all of them. Thread-safe; bounded by the threads that call it.
 *
 * @param <K> what is wanted
 * @param <J> a job; it keeps its own outcome
 */
final class Line<K, J> {
  private final ConcurrentHashMap<K, ArrayDeque<Waiting<J>>> lines = new ConcurrentHashMap<>();
  private final int togetherMax;

  /**
   * @param togetherMax most jobs that are done together
   */
  Line(int togetherMax) {
    this.togetherMax = togetherMax;
  }

  /**
   * @param turn completed with those whose jobs the waiting one does next, itself first; with
   *     nobody where its own has been done
   */
  private record Waiting<J>(J job, CompletableFuture<List<Waiting<J>>> turn) {}

  /** Returns when the job is done: by {@code together}, called here or by another in the line. */
  void stand(K wanted, J job, Consumer<List<J>> together) {
    var self = new Waiting<>(job, new CompletableFuture<List<Waiting<J>>>());
    if (isFirst(wanted, self)) {
      self.turn.complete(List.of(self));
    }
    List<Waiting<J>> group = self.turn.join();
    if (group.isEmpty()) {
      return;
    }
    try {
      together.accept(group.stream().map(Waiting::job).toList());
    } finally {
      group.stream().skip(1).forEach(done -> done.turn.complete(List.of()));
      passOn(wanted);
    }
  }

  /** A line that is there is one that somebody works for. */
  private boolean isFirst(K wanted, Waiting<J> self) {
    var first = new boolean[1];
    lines.compute(
        wanted,
        (key, line) -> {
          if (line == null) {
            first[0] = true;
            return new ArrayDeque<>();
          }
          line.add(self);
          return line;
        });
    return first[0];
  }

  private void passOn(K wanted) {
    List<Waiting<J>> next = new ArrayList<>();
    lines.computeIfPresent(
        wanted,
        (key, line) -> {
          while (!line.isEmpty() && next.size() < togetherMax) {
            next.add(line.remove());
          }
          return next.isEmpty() ? null : line;
        });
    if (!next.isEmpty()) {
      next.getFirst().turn.complete(next);
    }
  }
}
