package org.millrace.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** What the driver really says. */
class OutageTest {
  private static final TestDatabase DATABASE = TestDatabase.migrated();

  @Test
  void aServerThatIsNotThereIsAnOutage() {
    assertOutage(
        assertThrows(
            SQLException.class,
            () -> DriverManager.getConnection("jdbc:postgresql://localhost:1/none", "a", "b")));
  }

  @Test
  void aWaitForALockThatTheServerEndsIsAnOutage() throws SQLException {
    try (Connection holder = DATABASE.asPlatform();
        Connection waiter = DATABASE.asPlatform()) {
      Fixture.run(holder, "SELECT pg_advisory_xact_lock(1)");
      Fixture.run(waiter, "SET LOCAL lock_timeout = '20ms'");
      SQLException refused =
          assertThrows(
              SQLException.class, () -> Fixture.run(waiter, "SELECT pg_advisory_xact_lock(1)"));
      assertEquals("55P03", refused.getSQLState());
      assertOutage(refused);
    }
  }

  @Test
  void aStatementThatIsWrongIsNone() throws SQLException {
    try (Connection app = DATABASE.asApp()) {
      SQLException wrong =
          assertThrows(SQLException.class, () -> Fixture.run(app, "SELECT nothing FROM nowhere"));
      assertFalse(Outage.isBehind(new IllegalStateException(wrong)));
      assertEquals("42P01", Outage.sqlState(new IllegalStateException(wrong)));
    }
  }

  private static void assertOutage(SQLException failure) {
    assertTrue(Outage.isBehind(failure), failure.toString());
    assertTrue(Outage.isBehind(new IllegalStateException(failure)), failure.toString());
  }
}
