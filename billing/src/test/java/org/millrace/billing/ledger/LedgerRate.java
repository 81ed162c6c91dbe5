package org.millrace.billing.ledger;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.db.Fixture;

/**
 * How many requests a second the ledger takes: hold and settle, each answered when it is on disk,
 * through the code of production on a real PostgreSQL. A measurement and no test: it runs when
 * asked for by name, {@code -Dtest=LedgerRate -Dmillrace.test.durable=true}.
 */
class LedgerRate {
  private static final System.Logger LOG = System.getLogger(LedgerRate.class.getName());
  private static final Duration WARM_UP = Duration.ofSeconds(5);
  private static final Duration MEASURED = Duration.ofSeconds(10);
  private static final long CREDIT_TOKENS = 1_000_000_000_000L;

  /** What one client saw. */
  private record Run(List<Long> nanos) {}

  @ParameterizedTest
  @CsvSource({"1, 1", "8, 1", "16, 1", "8, 8", "16, 16", "32, 32"})
  void pairsPerSecond(int clients, int tenants) throws Exception {
    try (var books = new Books()) {
      requireDurableCommits(books);
      var wallets = new ArrayList<Fixture.Tenant>();
      for (int i = 0; i < tenants; i++) {
        wallets.add(books.tenantWithTokens(CREDIT_TOKENS));
      }
      run(books, wallets, clients, WARM_UP);
      long began = System.nanoTime();
      var runs = run(books, wallets, clients, MEASURED);
      double seconds = (System.nanoTime() - began) / 1e9;
      report(clients, tenants, runs, seconds);
      books.verified();
    }
  }

  private static void requireDurableCommits(Books books) throws SQLException {
    try (var app = books.database.asApp();
        var statement = app.createStatement();
        var shown =
            statement.executeQuery(
                "SELECT current_setting('fsync'), current_setting('synchronous_commit')")) {
      shown.next();
      if (!shown.getString(1).equals("on") || !shown.getString(2).equals("on")) {
        throw new IllegalStateException("commits are not durable: -Dmillrace.test.durable=true");
      }
    }
  }

  private static List<Run> run(
      Books books, List<Fixture.Tenant> wallets, int clients, Duration time) throws Exception {
    long until = System.nanoTime() + time.toNanos();
    var work = new ArrayList<Callable<Run>>();
    for (int client = 0; client < clients; client++) {
      var wallet = wallets.get(client % wallets.size());
      work.add(() -> client(books, wallet, until));
    }
    try (var threads = Executors.newFixedThreadPool(clients)) {
      var runs = new ArrayList<Run>();
      for (var ended : threads.invokeAll(work)) {
        runs.add(ended.get());
      }
      return runs;
    }
  }

  private static Run client(Books books, Fixture.Tenant wallet, long until) {
    var nanos = new ArrayList<Long>();
    while (System.nanoTime() < until) {
      var id = Books.newId();
      long began = System.nanoTime();
      books.holds.place(Books.request(wallet, id, 1_000, 1_000));
      books.holds.settle(id, books.finished(1_000, ThreadLocalRandom.current().nextInt(1, 1_000)));
      nanos.add(System.nanoTime() - began);
    }
    return new Run(nanos);
  }

  private static void report(int clients, int tenants, List<Run> runs, double seconds) {
    long[] sorted =
        runs.stream().flatMap(run -> run.nanos().stream()).mapToLong(n -> n).sorted().toArray();
    LOG.log(
        System.Logger.Level.INFO,
        "%d clients, %d wallets: %.0f requests/s, median %.1f ms, 99%% within %.1f ms"
            .formatted(
                clients,
                tenants,
                sorted.length / seconds,
                sorted[sorted.length / 2] / 1e6,
                sorted[Math.toIntExact(sorted.length * 99L / 100)] / 1e6));
  }
}
