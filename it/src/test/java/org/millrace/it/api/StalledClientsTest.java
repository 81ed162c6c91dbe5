package org.millrace.it.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.it.platform.Api;
import org.millrace.it.platform.Platform;

/** Clients that send the beginning of a request and then nothing: others must not notice. */
class StalledClientsTest {
  /** More than the server has threads to take requests in with. */
  private static final int CLIENTS = 220;

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Api demo = new Api(Platform.shared().url(), Platform.shared().demoKey());

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, application/json",
    "/v1/chat/completions, application/x-www-form-urlencoded",
    "/console/overview, application/x-www-form-urlencoded",
    "/console/callback, application/x-www-form-urlencoded",
    "/health, application/x-www-form-urlencoded",
  })
  void bodiesThatNeverComeHoldUpNobodyElse(String path, String type) throws IOException {
    othersAreAnswered(
        """
        POST %s HTTP/1.1
        Host: localhost
        Authorization: Bearer %s
        Content-Type: %s
        Content-Length: 1000

        {\
        """
            .formatted(path, demo.bearer(), type));
  }

  @Test
  void headersThatNeverEndHoldUpNobodyElse() throws IOException {
    othersAreAnswered("GET /v1/models HTTP/1.1\nHost: localhost\nX-Half: ");
  }

  @Test
  void connectionsThatSayNothingHoldUpNobodyElse() throws IOException {
    othersAreAnswered("");
  }

  @Test
  void parametersOfTheConsolesLoginMeanNothingToTheApi() {
    assertEquals(200, demo.get("/v1/models?state=abc&code=def").status());
  }

  private void othersAreAnswered(String beginning) throws IOException {
    var stalled = new ArrayList<Socket>();
    try {
      for (var i = 0; i < CLIENTS; i++) {
        stalled.add(begin(beginning));
      }
      assertTimeout(
          PATIENCE,
          () -> {
            assertEquals(200, demo.get("/v1/models").status());
            assertEquals(200, demo.get("/health/ready").status());
          });
      assertTrue(stalled.stream().allMatch(Socket::isConnected));
    } finally {
      close(stalled);
    }
  }

  private static Socket begin(String text) throws IOException {
    var server = URI.create(Platform.shared().url());
    var socket = new Socket(server.getHost(), server.getPort());
    socket.getOutputStream().write(text.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static void close(List<Socket> sockets) throws IOException {
    for (var socket : sockets) {
      socket.close();
    }
  }
}
