package org.millrace.webapi.http;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Whether the system's TCP connections are open at both ends, as Linux lists them in {@code
 * /proc/net/tcp}. The servlet container does not look at a connection while it owes an answer
 * there, so this is the only way to see that a client has left before the first byte is written.
 *
 * <p>The list is read at most once in {@link #AGE_MILLIS}, for all who ask. Thread-safe.
 */
final class TcpTable {
  private static final long AGE_MILLIS = 500;
  private static final String ESTABLISHED = "01";

  /** CLOSE_WAIT: the client has sent its end, and we have not. */
  private static final String CLOSED_BY_CLIENT = "08";

  private static final int LOCAL = 1;
  private static final int REMOTE = 2;
  private static final int STATE = 3;

  private final List<Path> files;
  private Map<String, String> states = Map.of();
  private long readAtNanos = System.nanoTime() - AGE_MILLIS * 1_000_000;

  TcpTable(List<Path> files) {
    this.files = List.copyOf(files);
  }

  /** The system's own table. */
  static TcpTable ofSystem() {
    return new TcpTable(List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6")));
  }

  /**
   * Tells, whenever asked, whether the other end of a connection has closed it. A connection that
   * was never found (no such list, another network namespace) is not said to be closed.
   *
   * @param local the server's address, as digits
   * @param remote the client's address, as digits
   */
  BooleanSupplier closedBy(String local, int localPort, String remote, int remotePort) {
    List<String> names = new ArrayList<>();
    for (int bytes : new int[] {4, 16}) {
      names.add(name(local, localPort, bytes) + " " + name(remote, remotePort, bytes));
    }
    var wasOpen = new AtomicBoolean();
    return () ->
        switch (state(names)) {
          case ESTABLISHED -> {
            wasOpen.set(true);
            yield false;
          }
          case CLOSED_BY_CLIENT -> true;
          // One that was reset is no longer listed.
          default -> wasOpen.get();
        };
  }

  private synchronized String state(List<String> names) {
    if (System.nanoTime() - readAtNanos >= AGE_MILLIS * 1_000_000) {
      states = read();
      readAtNanos = System.nanoTime();
    }
    for (String name : names) {
      String state = states.get(name);
      if (state != null) {
        return state;
      }
    }
    return "";
  }

  private Map<String, String> read() {
    Map<String, String> found = new HashMap<>();
    for (Path file : files) {
      try {
        for (String line : Files.readAllLines(file)) {
          String[] columns = line.strip().split("\\s+");
          if (columns.length > STATE) {
            found.put(columns[LOCAL] + " " + columns[REMOTE], columns[STATE]);
          }
        }
      } catch (IOException notHere) {
        // Not every system has both lists; what is not found is not said to be closed.
      }
    }
    return found;
  }

  /** As the list spells it: words of four bytes, each in the machine's (little-endian) order. */
  private static String name(String address, int port, int bytes) {
    byte[] raw = bytes(address, bytes);
    var name = new StringBuilder();
    for (int word = 0; word < raw.length; word += 4) {
      for (int i = 3; i >= 0; i--) {
        name.append("%02X".formatted(raw[word + i]));
      }
    }
    return name + ":" + "%04X".formatted(port);
  }

  /** An IPv4 address in 16 bytes is mapped, as dual-stack sockets have it. */
  private static byte[] bytes(String address, int bytes) {
    byte[] raw;
    try {
      InetAddress parsed = InetAddress.ofLiteral(address.replaceFirst("%.*$", ""));
      raw = parsed.getAddress();
      if (bytes == 16 && parsed instanceof Inet4Address) {
        byte[] mapped = new byte[16];
        mapped[10] = -1;
        mapped[11] = -1;
        System.arraycopy(raw, 0, mapped, 12, 4);
        return mapped;
      }
    } catch (IllegalArgumentException noAddress) {
      raw = new byte[0];
    }
    return raw;
  }
}
