package org.millrace.billing.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.millrace.billing.api.BillingError;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Holds.Settlement;
import org.millrace.db.Fixture;
import org.millrace.db.TestDatabase;

/**
 * PostgreSQL is killed while the requests of one tenant are paid. A killed backend takes all of
 * them down, and with them what the server has not written out yet; it comes up again by itself and
 * recovers from its log. Whoever was answered is believed.
 */
class CrashTest {
  private static final int ROUNDS = 3;
  private static final int CLIENTS = 8;
  private static final long TOKENS = 100_000_000;
  private static final Duration BEFORE_THE_KILL = Duration.ofMillis(700);
  private static final Duration AFTER_THE_KILL = Duration.ofMillis(700);
  private static final Duration RECOVERY_MAX = Duration.ofSeconds(60);

  /** What clients were answered. */
  private final Set<String> placed = ConcurrentHashMap.newKeySet();

  private final Map<String, Settlement> settled = new ConcurrentHashMap<>();

  @Test
  void whatWasAnsweredOutlivesAKilledDatabase() throws Exception {
    try (Books books = new Books(TestDatabase.migratedOnAServerOfItsOwn())) {
      Fixture.Tenant mill = books.tenantWithTokens(TOKENS);
      for (int round = 0; round < ROUNDS; round++) {
        payThroughAKill(books, mill);
        untilItAnswers(books);
        assertAnsweredIsThere(books);
        books.verified();
      }
      assertTrue(settled.size() > 100, "only " + settled.size() + " settled: this proves little");
      assertSettledOnce(books);
    }
  }

  private void payThroughAKill(Books books, Fixture.Tenant mill) throws Exception {
    var stop = new AtomicBoolean();
    var faults = new ConcurrentLinkedQueue<String>();
    var clients = new ArrayList<Thread>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(
          Thread.ofPlatform()
              .start(() -> {
                while (!stop.get()) {
                  pay(books, mill, faults);
                }
              }));
    }
    Thread.sleep(BEFORE_THE_KILL);
    killABackend(books);
    Thread.sleep(AFTER_THE_KILL);
    stop.set(true);
    for (Thread client : clients) {
      client.join();
    }
    assertEquals(List.of(), List.copyOf(faults));
  }

  /** One request; every eighth is left open. What fails may have been done or not. */
  private void pay(Books books, Fixture.Tenant mill, ConcurrentLinkedQueue<String> faults) {
    String id = Books.newId();
    try {
      books.holds.place(Books.request(mill, id, 10, 10));
      placed.add(id);
      if (id.hashCode() % 8 != 0) {
        settled.put(id, books.holds.settle(id, books.finished(10, Math.abs(id.hashCode()) % 11)));
      }
    } catch (BillingException away) {
      if (away.error() != BillingError.UNAVAILABLE) {
        faults.add(id + ": " + away);
      }
    }
  }

  private static void killABackend(Books books) throws SQLException {
    try (Connection superuser = books.database.asSuperuser()) {
      long backend = Fixture.count(superuser, "SELECT pg_backend_pid()");
      assertTrue(ProcessHandle.of(backend).orElseThrow().destroyForcibly());
    }
  }

  private static void untilItAnswers(Books books) throws InterruptedException {
    long deadline = System.nanoTime() + RECOVERY_MAX.toNanos();
    while (true) {
      try (Connection owner = books.database.asOwner()) {
        Fixture.count(owner, "SELECT count(*) FROM wallet");
        return;
      } catch (SQLException recovering) {
        assertTrue(System.nanoTime() < deadline, recovering.toString());
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
  }

  private void assertAnsweredIsThere(Books books) throws SQLException {
    Set<String> holds = ids(books, "SELECT request_id FROM hold");
    Set<String> posted = ids(books, "SELECT request_id FROM hold WHERE state = 'SETTLED'");
    Set<String> lostHolds = new HashSet<>(placed);
    lostHolds.removeAll(holds);
    Set<String> lostSettlements = new HashSet<>(settled.keySet());
    lostSettlements.removeAll(posted);
    assertEquals(Set.of(), lostHolds, "holds that were answered and are gone");
    assertEquals(Set.of(), lostSettlements, "settlements that were answered and are gone");
  }

  private static Set<String> ids(Books books, String query) throws SQLException {
    Set<String> ids = new HashSet<>();
    try (Connection owner = books.database.asOwner();
        var statement = owner.createStatement();
        var row = statement.executeQuery(query)) {
      while (row.next()) {
        ids.add(row.getString(1));
      }
    }
    return ids;
  }

  /** Asking again, for other tokens, answers what was answered. */
  private void assertSettledOnce(Books books) {
    var some = settled.entrySet().stream().limit(100).toList();
    for (var answer : some) {
      assertEquals(answer.getValue(), again(books, answer.getKey()));
    }
    books.verified();
  }

  /** The pool still has connections that the kill has cut. */
  private static Settlement again(Books books, String id) {
    BillingException last = new BillingException(BillingError.UNAVAILABLE, "not tried");
    for (int attempt = 0; attempt < 50; attempt++) {
      try {
        return books.holds.settle(id, books.finished(1, 0));
      } catch (BillingException away) {
        last = away;
      }
    }
    throw last;
  }
}
