package org.millrace.launcher.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.launcher.settings.Layout;

class StatusReportTest {
  @TempDir private Path folder;

  private JsonNode status() throws IOException, InterruptedException {
    return new ObjectMapper().readTree(StatusReport.of(new Layout(folder)).json());
  }

  private static PlatformState state(int databasePort, boolean withConsole) {
    return new PlatformState(
        "http://localhost:1",
        withConsole ? Optional.of("http://localhost:1/console") : Optional.empty(),
        withConsole ? Optional.of("http://localhost:2") : Optional.empty(),
        "jdbc:postgresql://127.0.0.1:%d/millrace".formatted(databasePort),
        withConsole,
        true,
        true);
  }

  @Test
  void aFolderInWhichNothingWasStartedHasFourPartsThatAreDown()
      throws IOException, InterruptedException {
    for (String part : new String[] {"api", "console", "keycloak", "database"}) {
      assertEquals("down", status().path(part).path("state").asText(), part);
      assertFalse(status().path(part).has("pid"), part);
    }
  }

  @Test
  void aPartThatAnswersIsUpAndThoseThatDoNotAreDown() throws IOException, InterruptedException {
    try (var database = new ServerSocket(0)) {
      state(database.getLocalPort(), true).save(new Layout(folder));
      assertEquals("up", status().path("database").path("state").asText());
      assertEquals("down", status().path("api").path("state").asText());
      assertEquals("http://localhost:1", status().path("api").path("url").asText());
    }
  }

  @Test
  void withoutAConsoleItAndKeycloakAreOff() throws IOException, InterruptedException {
    state(1, false).save(new Layout(folder));
    assertEquals("off", status().path("console").path("state").asText());
    assertEquals("off", status().path("keycloak").path("state").asText());
  }

  @Test
  void theTextHasOneLineAPart() throws InterruptedException {
    assertEquals(4, StatusReport.of(new Layout(folder)).text().lines().count());
  }

  @Test
  void theStateIsFoundAgainAsItWasSaved() throws IOException {
    var layout = new Layout(folder);
    state(5, true).save(layout);
    assertEquals(Optional.of(state(5, true)), PlatformState.load(layout));
    PlatformState.delete(layout);
    assertTrue(PlatformState.load(layout).isEmpty());
  }
}
