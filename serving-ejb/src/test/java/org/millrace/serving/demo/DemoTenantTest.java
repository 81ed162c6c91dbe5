package org.millrace.serving.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.serving.api.Models.ServedModel;
import org.millrace.serving.simulation.Requests;
import org.millrace.tenancy.api.Actor;

class DemoTenantTest {
  private static final ServedModel MODEL =
      new ServedModel("small", "llama", "Q8_0", 1, 1_024, 1_023, Instant.EPOCH);

  @TempDir Path directory;
  private final FakeHouse house = new FakeHouse();
  private Path keyFile;
  private DemoTenant demo;

  @BeforeEach
  void configure() {
    keyFile = directory.resolve("sub/demo-api-key");
    var config = Requests.config(Map.of("millrace.demo.key-file", keyFile.toString()));
    demo = new DemoTenant(house, house, house, house, config.demo().orElseThrow());
  }

  @Test
  void itsKeyIsReadableByItsOwnerAloneAndOnlyThere() throws IOException {
    demo.prepare(List.of(MODEL));
    assertEquals("secret-1\n", Files.readString(keyFile));
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(keyFile)));
    try (var files = Files.list(keyFile.getParent())) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void doingItAgainChangesNothing() throws IOException {
    demo.prepare(List.of(MODEL));
    demo.prepare(List.of(MODEL));
    assertEquals("secret-1\n", Files.readString(keyFile));
    assertEquals(
        List.of(
            "tenant demo",
            "grant demo-grant 100 EUR",
            "price small 0.15 0.075 0.60 EUR",
            "key demo"),
        house.log);
  }

  @Test
  void aLostKeyFileIsReplacedByANewKey() throws IOException {
    demo.prepare(List.of(MODEL));
    Files.delete(keyFile);
    demo.prepare(List.of(MODEL));
    assertEquals("secret-2\n", Files.readString(keyFile));
  }

  @Test
  void aPriceThatAnAdminHasSetStays() {
    house.set(Actor.system(), "small", BigDecimal.ONE, BigDecimal.ONE, BigDecimal.ONE, "EUR");
    demo.prepare(List.of(MODEL));
    assertEquals(1, house.log.stream().filter(line -> line.startsWith("price")).count());
    assertFalse(house.log.contains("price small 0.15 0.075 0.60 EUR"));
    assertNotEquals(List.of(), house.log);
  }
}
