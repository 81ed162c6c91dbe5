package org.millrace.webapi.http;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TcpTableTest {
  @TempDir Path folder;

  @Test
  void aClientThatClosesItsConnectionIsSeen() throws IOException, InterruptedException {
    assumeTrue(Files.isReadable(Path.of("/proc/net/tcp")), "this system has no /proc/net/tcp");
    for (boolean reset : new boolean[] {false, true}) {
      try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
          var client = new Socket(server.getInetAddress(), server.getLocalPort());
          var accepted = server.accept()) {
        BooleanSupplier gone =
            TcpTable.ofSystem()
                .closedBy(
                    accepted.getLocalAddress().getHostAddress(),
                    accepted.getLocalPort(),
                    accepted.getInetAddress().getHostAddress(),
                    accepted.getPort());
        assertFalse(gone.getAsBoolean());
        client.setSoLinger(reset, 0);
        client.close();
        for (int i = 0; i < 100 && !gone.getAsBoolean(); i++) {
          Thread.sleep(100);
        }
        assertTrue(gone.getAsBoolean(), reset ? "reset" : "closed");
      }
    }
  }

  @Test
  void addressesOfBothKindsAreReadAsLinuxWritesThem() throws IOException {
    Path table = folder.resolve("tcp6");
    Files.writeString(
        table,
        """
          sl  local_address  remote_address  st tx_queue rx_queue tr
           0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000200007F:0050 08 00000000:00000000
           1: 00000000000000000000000001000000:1F90 B80D0120000000000000000067452301:0051 08 00000000:00000000
        """);
    var tcp = new TcpTable(List.of(table));
    assertTrue(tcp.closedBy("127.0.0.1", 8080, "127.0.0.2", 80).getAsBoolean());
    assertTrue(tcp.closedBy("::1", 8080, "2001:db8::123:4567", 81).getAsBoolean());
    assertFalse(tcp.closedBy("127.0.0.1", 8080, "127.0.0.2", 82).getAsBoolean());
  }

  @Test
  void withoutAListNobodyIsSaidToBeGone() {
    var tcp = new TcpTable(List.of(folder.resolve("none")));
    assertFalse(tcp.closedBy("127.0.0.1", 8080, "127.0.0.2", 80).getAsBoolean());
    assertFalse(tcp.closedBy("no address", 8080, "", 80).getAsBoolean());
  }
}
