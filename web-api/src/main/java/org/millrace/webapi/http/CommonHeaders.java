package org.millrace.webapi.http;

import java.util.Map;
import java.util.TreeMap;
import org.millrace.serving.api.ServingStatus;
import org.millrace.serving.api.ServingStatus.RateView;

/** The headers that every response carries. */
public final class CommonHeaders {
  private final ServingStatus status;

  public CommonHeaders(ServingStatus status) {
    this.status = status;
  }

  public Map<String, String> of(Call call, long startedNanos) {
    var headers = new TreeMap<String, String>();
    headers.put("x-request-id", call.requestId());
    headers.put(
        "openai-processing-ms", Long.toString((System.nanoTime() - startedNanos) / 1_000_000));
    headers.put("Cache-Control", "no-store");
    headers.put("X-Content-Type-Options", "nosniff");
    headers.put("Referrer-Policy", "no-referrer");
    headers.put("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    call.caller().ifPresent(caller -> putRate(headers, status.rate(caller.tenantId())));
    return headers;
  }

  private static void putRate(Map<String, String> headers, RateView rate) {
    headers.put("x-ratelimit-limit-requests", Integer.toString(rate.requestsLimit()));
    headers.put("x-ratelimit-remaining-requests", Integer.toString(rate.requestsRemaining()));
    headers.put("x-ratelimit-reset-requests", span(rate.resetSeconds()));
    headers.put("x-ratelimit-limit-tokens", Integer.toString(rate.tokensLimit()));
    headers.put("x-ratelimit-remaining-tokens", Integer.toString(rate.tokensRemaining()));
    headers.put("x-ratelimit-reset-tokens", span(rate.resetSeconds()));
  }

  /** A span as OpenAI writes it: {@code 6m0s}, {@code 1.5s}, {@code 20ms}. */
  static String span(double seconds) {
    var millis = Math.max(0, Math.round(seconds * 1000));
    if (millis < 1000) {
      return millis + "ms";
    }
    var minutes = millis / 60_000;
    var rest = millis % 60_000;
    var text = minutes > 0 ? minutes + "m" : "";
    return rest % 1000 == 0
        ? text + rest / 1000 + "s"
        : text + java.math.BigDecimal.valueOf(rest, 3).stripTrailingZeros().toPlainString() + "s";
  }
}
