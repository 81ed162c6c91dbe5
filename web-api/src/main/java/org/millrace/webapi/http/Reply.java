package org.millrace.webapi.http;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.json.JsonWriter;

/** What a handler answers. */
public sealed interface Reply {
  int status();

  /** Headers beside those that every response has. */
  Map<String, String> headers();

  /** An answer that is there as a whole. */
  record Whole(int status, Map<String, String> headers, byte[] body) implements Reply {
    /** The same answer with one more header. */
    public Whole with(String name, String value) {
      var more = new TreeMap<>(headers);
      more.put(name, value);
      return new Whole(status, more, body);
    }
  }

  /**
   * Server-sent events.
   *
   * @param source writes them; called once, on the exchange's own thread, and closed after it
   */
  record Events(EventSource source) implements Reply {
    @Override
    public int status() {
      return 200;
    }

    @Override
    public Map<String, String> headers() {
      return Map.of("X-Accel-Buffering", "no");
    }
  }

  /** Writes events until there are no more or the client is gone. */
  interface EventSource extends AutoCloseable {
    /**
     * @param out each {@code flush} reaches the client
     * @throws IOException when the client is gone
     */
    void writeTo(OutputStream out) throws IOException, InterruptedException;

    /** Ends what still runs; called always, also where nothing was written. */
    @Override
    void close();
  }

  static Whole json(Map<String, ? extends @Nullable Object> body) {
    return json(200, body);
  }

  static Whole json(int status, Map<String, ? extends @Nullable Object> body) {
    return new Whole(status, Map.of(), JsonWriter.bytes(body));
  }

  static Whole error(ApiException refusal) {
    return new Whole(refusal.error().status(), refusal.headers(), JsonWriter.bytes(refusal.body()));
  }
}
