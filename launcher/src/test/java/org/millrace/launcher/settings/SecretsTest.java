package org.millrace.launcher.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.launcher.console.LaunchException;

class SecretsTest {
  @TempDir private Path folder;

  @Test
  void secretsAreReadableByTheirOwnerOnly() throws IOException {
    var layout = new Layout(folder.resolve("a folder"));
    Secrets.loadOrCreate(layout, new SecureRandom());
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(layout.secrets())));
    assertEquals(
        "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(layout.data())));
  }

  @Test
  void theSecondStartFindsTheSecretsOfTheFirst() {
    var layout = new Layout(folder);
    var first = Secrets.loadOrCreate(layout, new SecureRandom());
    assertEquals(first, Secrets.loadOrCreate(layout, new SecureRandom()));
  }

  @Test
  void aSecretThatALaterVersionNeedsIsAddedAndTheOthersStay() throws IOException {
    var layout = new Layout(folder);
    var first = Secrets.loadOrCreate(layout, new SecureRandom());
    var kept =
        Files.readAllLines(layout.secrets()).stream()
            .filter(line -> !line.startsWith("payara-admin-password"))
            .toList();
    Files.write(layout.secrets(), kept);
    var second = Secrets.loadOrCreate(layout, new SecureRandom());
    for (Secrets.Name name : Secrets.Name.values()) {
      assertEquals(
          name != Secrets.Name.PAYARA_ADMIN_PASSWORD, first.get(name).equals(second.get(name)));
    }
    assertEquals(second, Secrets.loadOrCreate(layout, new SecureRandom()));
  }

  @Test
  void noTwoSecretsAreTheSameAndThePepperIsThirtyTwoBytesOfBase64() {
    var secrets = Secrets.loadOrCreate(new Layout(folder), new SecureRandom());
    assertEquals(Secrets.Name.values().length, new HashSet<>(secrets.values().values()).size());
    assertEquals(32, Base64.getDecoder().decode(secrets.get(Secrets.Name.KEY_PEPPER)).length);
  }

  @Test
  void aDatabaseWithoutItsSecretsIsAnErrorAndNotANewSetOfSecrets() throws IOException {
    var layout = new Layout(folder);
    Files.createDirectories(layout.postgres().resolve("data"));
    var refused =
        assertThrows(LaunchException.class, () -> Secrets.loadOrCreate(layout, new SecureRandom()));
    assertTrue(refused.getMessage().contains("secrets.properties"), refused.getMessage());
    assertFalse(Files.exists(layout.secrets()));
  }

  @Test
  void aSecretDoesNotShowWhenItsRecordIsPrinted() {
    var secrets = Secrets.loadOrCreate(new Layout(folder), new SecureRandom());
    for (String value : secrets.values().values()) {
      assertFalse(secrets.toString().contains(value));
    }
  }
}
