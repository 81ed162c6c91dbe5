package org.millrace.serving.meter;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Holds;
import org.millrace.billing.api.TokenUsage;
import org.millrace.serving.request.ServedRequest;

/**
 * A request that generates no more and has to be settled or released.
 *
 * @param slot its place in the journal, given back once the ledger knows
 * @param startedAtMillis when the first step ran
 * @param finishedAtMillis when the last token was drawn
 * @param request {@code null} where it was found in the journal of an earlier run
 */
public record Ending(
    String requestId,
    JournalSlot slot,
    TokenUsage usage,
    Outcome outcome,
    long startedAtMillis,
    long finishedAtMillis,
    @Nullable ServedRequest request) {

  /** Whether there is something to pay for. A failure before the first token is ours to bear. */
  public boolean billable() {
    return outcome == Outcome.FAILED
        ? usage.outputTokens() > 0
        : usage.inputTokens() > 0 || usage.outputTokens() > 0;
  }

  Holds.Completion completion() {
    return new Holds.Completion(
        usage,
        outcome.word(),
        Instant.ofEpochMilli(startedAtMillis),
        Instant.ofEpochMilli(finishedAtMillis));
  }
}
