package org.millrace.launcher.settings;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.millrace.launcher.console.LaunchException;

/** Looks whether ports are free, all of them before anything is started. */
public final class PortCheck {
  private PortCheck() {}

  /**
   * @throws LaunchException naming each port in use, who needs it and how to choose another
   */
  public static void requireFree(List<Ports.Use> uses) {
    var problems = new ArrayList<String>();
    for (Ports.Use use : uses) {
      if (!isFree(use.port())) {
        problems.add(
            "port %d, needed by %s, is in use by another process: stop that or choose another port with %s or %s"
                .formatted(use.port(), use.purpose(), use.option(), use.variable()));
      }
    }
    if (!problems.isEmpty()) {
      throw new LaunchException(String.join("; ", problems));
    }
  }

  /** Both the loopback and the wildcard address: some other server may hold only one of them. */
  static boolean isFree(int port) {
    return canBind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        && canBind(new InetSocketAddress(port));
  }

  private static boolean canBind(InetSocketAddress address) {
    try (var socket = new ServerSocket()) {
      // Ports of connections that just closed are free for a listener.
      socket.setReuseAddress(true);
      socket.bind(address);
      return true;
    } catch (IOException inUse) {
      return false;
    }
  }
}
