package org.millrace.billing.ledger;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.persistence.Tables;
import org.millrace.billing.rating.Rates;

/**
 * A hold that is placed or settled, in a transaction that it may share with others of its tenant.
 * Written by the one thread that does the work of all, read by the one that waits for it.
 *
 * @param <R> its answer
 */
final class Operation<R> {
  private final @Nullable String ends;
  private final Function<Shared, R> work;
  private @Nullable R answer;
  private @Nullable RuntimeException failure;

  /**
   * @param ends the request whose hold it ends, or {@code null}
   */
  Operation(@Nullable String ends, Function<Shared, R> work) {
    this.ends = ends;
    this.work = work;
  }

  /**
   * What the operations of a transaction have in common.
   *
   * @param holds those that end here, by request id, locked
   * @param rates looked up so far, by model
   */
  record Shared(
      Tables tables,
      Instant now,
      Map<String, PlacedHold> holds,
      Map<String, Optional<Rates>> rates) {
    /**
     * Locks the holds of all of them, in one order, before anyone locks the wallet: the order in
     * which everybody locks.
     */
    static Shared begin(Tables tables, Instant now, List<Operation<?>> operations) {
      List<String> ending =
          operations.stream().flatMap(o -> Stream.ofNullable(o.ends)).distinct().toList();
      Map<String, PlacedHold> holds = new HashMap<>();
      if (!ending.isEmpty()) {
        tables.holds().lock(ending).forEach(hold -> holds.put(hold.requestId(), hold));
      }
      return new Shared(tables, now, holds, new HashMap<>());
    }

    Optional<Rates> ratesOf(String model) {
      return rates.computeIfAbsent(model, tables.prices()::rates);
    }
  }

  /** A refusal is this one's alone and has written nothing; what else is thrown ends them all. */
  void run(Shared shared) {
    answer = null;
    failure = null;
    try {
      answer = work.apply(shared);
    } catch (BillingException refusal) {
      failure = refusal;
    }
  }

  void fail(RuntimeException reason) {
    failure = reason;
  }

  R answer() {
    if (failure != null) {
      throw failure;
    }
    return Objects.requireNonNull(answer, "nobody has done this operation");
  }

  /** Whether what ended a shared transaction would end each of its operations alone, too. */
  static boolean concernsAll(RuntimeException failure) {
    return failure instanceof BillingException refusal
        && refusal.error() == BillingError.UNAVAILABLE;
  }
}
