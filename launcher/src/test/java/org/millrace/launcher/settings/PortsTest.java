package org.millrace.launcher.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.millrace.launcher.console.LaunchException;

class PortsTest {
  @Test
  void allPortsFollowFromTheApis() {
    var ports = Ports.of(8080, Optional.empty(), Optional.empty(), Optional.empty());
    assertEquals(new Ports(8080, 8180, 8280, 8380), ports);
  }

  @Test
  void aPortThatIsAskedForIsTaken() {
    var ports = Ports.of(18080, Optional.of(9000), Optional.empty(), Optional.empty());
    assertEquals(new Ports(18080, 9000, 18280, 18380), ports);
  }

  @Test
  void twoPartsOnOnePortAreRefusedByName() {
    var refused = assertThrows(LaunchException.class, () -> new Ports(8080, 8080, 1, 2));
    assertTrue(refused.getMessage().contains("8080"), refused.getMessage());
    assertTrue(refused.getMessage().contains("--keycloak-port"), refused.getMessage());
  }

  @Test
  void aPortBeyondTheLastOneIsRefusedWithItsOption() {
    var refused =
        assertThrows(
            LaunchException.class,
            () -> Ports.of(65_400, Optional.empty(), Optional.empty(), Optional.empty()));
    assertTrue(refused.getMessage().contains("65600"), refused.getMessage());
    assertTrue(refused.getMessage().contains("--database-port"), refused.getMessage());
  }

  @Test
  void aPortInUseIsAnErrorThatNamesPortPurposeAndOption() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var use =
          new Ports.Use(
              taken.getLocalPort(), "PostgreSQL", "--database-port", "MILLRACE_DATABASE_PORT");
      var refused = assertThrows(LaunchException.class, () -> PortCheck.requireFree(List.of(use)));
      for (String part :
          List.of(
              Integer.toString(taken.getLocalPort()),
              "PostgreSQL",
              "--database-port",
              "MILLRACE_DATABASE_PORT")) {
        assertTrue(refused.getMessage().contains(part), refused.getMessage());
      }
    }
  }

  @Test
  void everyPortInUseIsNamedAtOnce() throws IOException {
    try (var first = new ServerSocket(0);
        var second = new ServerSocket(0)) {
      var uses =
          List.of(
              new Ports.Use(first.getLocalPort(), "the one", "--a", "A"),
              new Ports.Use(second.getLocalPort(), "the other", "--b", "B"));
      var refused = assertThrows(LaunchException.class, () -> PortCheck.requireFree(uses));
      assertTrue(refused.getMessage().contains("the one"), refused.getMessage());
      assertTrue(refused.getMessage().contains("the other"), refused.getMessage());
    }
  }

  @Test
  void aPortThatWasGivenBackIsFree() throws IOException {
    int port;
    try (var socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    assertTrue(PortCheck.isFree(port));
  }
}
