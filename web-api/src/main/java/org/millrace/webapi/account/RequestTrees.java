package org.millrace.webapi.account;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.UsageRecords.UsageRecord;
import org.millrace.serving.api.ServingStatus.RequestView;
import org.millrace.webapi.json.Tree;

/** A request as its tenant sees it, from serving while it runs and from its usage record after. */
final class RequestTrees {
  private RequestTrees() {}

  static Tree of(RequestView view) {
    return Tree.of("id", view.requestId())
        .with("object", "request")
        .with("state", view.state())
        .with("model", view.model())
        .with("prompt_tokens", view.promptTokens())
        .with("cached_tokens", view.cachedTokens())
        .with("completion_tokens", view.completionTokens())
        .with("cost", view.cost())
        .with("currency", view.currency())
        .with("hold_id", view.holdId())
        .with("transfer_id", view.transferId())
        .with("timings", timings(view));
  }

  /** Money and tokens as billed; the finer timings where serving still knows them. */
  static Tree of(UsageRecord billed, Optional<RequestView> view) {
    return Tree.of("id", billed.requestId())
        .with("object", "request")
        .with("state", billed.outcome())
        .with("model", billed.model())
        .with("prompt_tokens", billed.usage().inputTokens())
        .with("cached_tokens", billed.usage().cachedInputTokens())
        .with("completion_tokens", billed.usage().outputTokens())
        .with("cost", billed.cost().plain())
        .with("currency", billed.cost().currency())
        .with("hold_id", billed.holdId())
        .with("transfer_id", billed.transferId())
        .with(
            "timings",
            view.map(RequestTrees::timings)
                .orElseGet(() -> timings(null, billed.startedAt(), null, billed.finishedAt())));
  }

  private static Map<String, @Nullable Object> timings(RequestView view) {
    return timings(view.receivedAt(), view.startedAt(), view.firstTokenAt(), view.finishedAt());
  }

  private static Map<String, @Nullable Object> timings(
      @Nullable Instant received,
      @Nullable Instant started,
      @Nullable Instant firstToken,
      @Nullable Instant finished) {
    return Tree.of("received_at", received)
        .with("started_at", started)
        .with("first_token_at", firstToken)
        .with("finished_at", finished)
        .with("queue_seconds", seconds(received, started))
        .with("first_token_seconds", seconds(received, firstToken))
        .with("total_seconds", seconds(received == null ? started : received, finished))
        .members();
  }

  private static @Nullable Double seconds(@Nullable Instant from, @Nullable Instant to) {
    return from == null || to == null
        ? null
        : Double.valueOf(Duration.between(from, to).toMillis() / 1000.0);
  }
}
