package org.millrace.webapi.completion;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.webapi.json.JsonWriter;

/** Server-sent events, each on the wire when its method returns. */
final class EventWriter {
  private static final byte[] DATA = "data: ".getBytes(StandardCharsets.UTF_8);
  private static final byte[] END = "\n\n".getBytes(StandardCharsets.UTF_8);
  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8);
  private static final byte[] HEARTBEAT = ": keep-alive\n\n".getBytes(StandardCharsets.UTF_8);

  private final OutputStream out;

  EventWriter(OutputStream out) {
    this.out = out;
  }

  void data(Map<String, ? extends @Nullable Object> tree) throws IOException {
    out.write(DATA);
    out.write(JsonWriter.bytes(tree));
    out.write(END);
    out.flush();
  }

  /** A comment: clients skip it, and a client that is gone fails it. */
  void heartbeat() throws IOException {
    out.write(HEARTBEAT);
    out.flush();
  }

  void done() throws IOException {
    out.write(DONE);
    out.flush();
  }
}
