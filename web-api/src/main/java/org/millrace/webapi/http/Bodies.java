package org.millrace.webapi.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.json.JsonReader;

/**
 * Reads request bodies, never more than the limit into memory, whether or not the client says how
 * long they are.
 *
 * @param bytesMax the longest body
 * @param timeout for the whole body to arrive
 */
public record Bodies(int bytesMax, Duration timeout) {
  /**
   * A refused body is read and dropped up to this many times the limit: a client that is still
   * writing when the connection closes sees a broken pipe and never the answer that tells it why.
   */
  private static final int DRAIN_FACTOR = 16;

  private static final int CAUSES_MAX = 10;

  /** The body and its parsed members. */
  public record JsonBody(byte[] bytes, Map<String, @Nullable Object> members) {}

  public JsonBody json(Call call) {
    requireJson(call);
    var bytes = complete(call);
    return new JsonBody(bytes, JsonReader.object(bytes));
  }

  private static void requireJson(Call call) {
    var encoding = call.header("Content-Encoding");
    if (encoding != null && !encoding.isBlank() && !encoding.equalsIgnoreCase("identity")) {
      throw new ApiException(
          ApiError.UNSUPPORTED_MEDIA_TYPE,
          "Content-Encoding '%s' is not supported; send the body as it is."
              .formatted(shortened(encoding)));
    }
    var type = call.header("Content-Type");
    if (type != null && !isJson(type)) {
      throw new ApiException(
          ApiError.UNSUPPORTED_MEDIA_TYPE,
          "Content-Type '%s' is not supported; send JSON with 'Content-Type: application/json'."
              .formatted(shortened(type)));
    }
  }

  private static boolean isJson(String contentType) {
    var media = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return media.equals("application/json")
        || media.startsWith("application/") && media.endsWith("+json");
  }

  /** A client that goes away while it sends is no failure of this server. */
  private byte[] complete(Call call) {
    byte[] body;
    try {
      body = read(call);
    } catch (IOException e) {
      throw hasTimedOut(e)
          ? new ApiException(
              ApiError.BODY_TOO_SLOW,
              "The body stopped coming before its end; send it without long pauses.")
          : new ApiException(ApiError.BODY_INCOMPLETE, "The body broke off while it was read.");
    }
    var announced = announcedBytes(call);
    if (body.length < announced) {
      throw new ApiException(
          ApiError.BODY_INCOMPLETE,
          "The body ended after %d of %d bytes.".formatted(body.length, announced));
    }
    return body;
  }

  /** The server waits for so long for the next bytes, and tells it in a cause. */
  private static boolean hasTimedOut(IOException failure) {
    return Stream.iterate((Throwable) failure, Objects::nonNull, Throwable::getCause)
        .limit(CAUSES_MAX)
        .anyMatch(TimeoutException.class::isInstance);
  }

  private byte[] read(Call call) throws IOException {
    var until = System.nanoTime() + timeout.toNanos();
    var announced = announcedBytes(call);
    if (announced > bytesMax) {
      drain(call.input(), announced, until);
      throw tooLarge("The body is " + announced + " bytes");
    }
    var body = new ByteArrayOutputStream((int) Math.max(1024, announced));
    var buffer = new byte[16 * 1024];
    int count;
    while ((count = call.input().read(buffer)) >= 0) {
      body.write(buffer, 0, count);
      if (body.size() > bytesMax) {
        var drained = drain(call.input(), (long) bytesMax * DRAIN_FACTOR, until);
        throw tooLarge("The body is at least " + (body.size() + drained) + " bytes");
      }
      checkTime(until);
    }
    return body.toByteArray();
  }

  private long drain(InputStream input, long bytes, long until) throws IOException {
    var limit = Math.min(bytes, (long) bytesMax * DRAIN_FACTOR);
    var buffer = new byte[64 * 1024];
    long drained = 0;
    int count;
    while (drained < limit && (count = input.read(buffer)) >= 0) {
      drained += count;
      checkTime(until);
    }
    return drained;
  }

  private void checkTime(long until) {
    if (System.nanoTime() - until > 0) {
      throw new ApiException(
          ApiError.BODY_TOO_SLOW,
          "The body did not arrive within %d seconds.".formatted(timeout.toSeconds()));
    }
  }

  private ApiException tooLarge(String size) {
    return new ApiException(
        ApiError.BODY_TOO_LARGE, "%s; the limit is %d bytes.".formatted(size, bytesMax));
  }

  private static long announcedBytes(Call call) {
    var length = call.header("Content-Length");
    return length != null && length.matches("\\d{1,18}") ? Long.parseLong(length) : 0;
  }

  private static String shortened(String text) {
    return text.length() <= 100 ? text : text.substring(0, 100) + "...";
  }
}
