package org.millrace.launcher.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.launcher.console.LaunchException;

class PostgresUrlTest {
  private static final String SETTING = "MILLRACE_DB_URL";

  private static String refusal(String url) {
    return assertThrows(LaunchException.class, () -> PostgresUrl.parse(url, SETTING)).getMessage();
  }

  @Test
  void aServerIsFoundWithAndWithoutItsPort() {
    assertEquals(
        new PostgresUrl(List.of(InetSocketAddress.createUnresolved("db.example", 5432)), "m"),
        PostgresUrl.parse("jdbc:postgresql://db.example/m", SETTING));
    assertEquals(
        new PostgresUrl(List.of(InetSocketAddress.createUnresolved("[::1]", 5433)), "m"),
        PostgresUrl.parse("jdbc:postgresql://[::1]:5433/m?sslmode=require", SETTING));
  }

  @Test
  void serversThatStandInForEachOtherAreAllFound() {
    assertEquals(
        List.of(
            InetSocketAddress.createUnresolved("a", 5432),
            InetSocketAddress.createUnresolved("b", 5433)),
        PostgresUrl.parse("jdbc:postgresql://a,b:5433/m", SETTING).servers());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://db/m",
        "postgres://user:pass@db/m",
        "jdbc:mysql://db/m",
        "jdbc:postgresql:m",
        "jdbc:postgresql://db:many/m",
        "localhost:5432"
      })
  void whatTheDriverCannotUseIsRefusedWithWhatItTakes(String url) {
    assertTrue(refusal(url).startsWith("MILLRACE_DB_URL is '" + url + "'; it takes jdbc:"));
  }

  @Test
  void anAddressWithoutADatabaseIsRefused() {
    assertTrue(refusal("jdbc:postgresql://db:5432/").contains("names no database"));
  }

  @Test
  void aPasswordInTheAddressIsRefusedAndNotRepeated() {
    var refusal = refusal("jdbc:postgresql://db/m?user=o&password=hunter2");
    assertTrue(refusal.contains("MILLRACE_DB_OWNER_PASSWORD"), refusal);
    assertFalse(refusal.contains("hunter2"), refusal);
    assertFalse(refusal("jdbc:mysql://db/m?password=hunter2").contains("hunter2"));
  }
}
