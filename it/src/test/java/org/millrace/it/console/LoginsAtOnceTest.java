package org.millrace.it.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** People who log in in the same instant. */
class LoginsAtOnceTest {
  private static final int PEOPLE = 8;
  private static final int ROUNDS = 3;

  @Test
  void peopleWhoLogInInTheSameInstantAllGetIn() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      var visits = new ArrayList<Visit>();
      for (int person = 0; person < PEOPLE; person++) {
        visits.add(new Visit());
      }
      for (int status : statusesOfLoginsAtOnce(visits)) {
        assertEquals(302, status);
      }
      for (Visit visit : visits) {
        assertTrue(visit.get("/overview").body().contains("Ada Admin"));
      }
    }
  }

  private static List<Integer> statusesOfLoginsAtOnce(List<Visit> visits) throws Exception {
    var together = new CyclicBarrier(visits.size());
    var logins = new ArrayList<Callable<Integer>>();
    for (Visit visit : visits) {
      URI callback = visit.callbackAfterPassword("/overview", "admin@demo", "admin");
      logins.add(() -> {
        together.await();
        return visit.get(callback).statusCode();
      });
    }
    var statuses = new ArrayList<Integer>();
    try (var threads = Executors.newFixedThreadPool(visits.size())) {
      for (var ended : threads.invokeAll(logins)) {
        statuses.add(ended.get());
      }
    }
    return statuses;
  }
}
