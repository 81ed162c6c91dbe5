package org.millrace.webapi.completion;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.regex.Pattern;
import org.millrace.billing.api.UsageRecords;
import org.millrace.serving.api.ServingStatus;
import org.millrace.tenancy.api.Caller;
import org.millrace.webapi.completion.OnceOnly.Claim;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.http.Call;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.http.RequestIds;

/**
 * {@code Idempotency-Key}: a key stands for one run of one request, whatever its outcome; only a
 * refusal, for which nothing was held, frees it. The request's id is derived from tenant and key,
 * so that the ledger refuses a second run also where this node does not remember the first.
 */
public final class IdempotencyKeys {
  public static final String HEADER = "Idempotency-Key";
  public static final String REPLAYED = "idempotent-replayed";

  private static final Pattern SHAPE = Pattern.compile("[\\x21-\\x7e][\\x20-\\x7e]{0,254}");
  private static final int ENTRIES_MAX = 10_000;
  private static final long BYTES_MAX = 64L * 1024 * 1024;

  private final OnceOnly memory;
  private final ServingStatus status;
  private final UsageRecords usage;

  public IdempotencyKeys(ServingStatus status, UsageRecords usage, InstantSource clock) {
    this.memory = new OnceOnly(ENTRIES_MAX, BYTES_MAX, clock);
    this.status = status;
    this.usage = usage;
  }

  /** Runs a request; says when it was admitted and how it ended. */
  interface Run {
    Reply run(Once once) throws InterruptedException;
  }

  /** What a run reports. */
  interface Once {
    /** From here on something is held: the key is used up. */
    void admitted();

    void answered(Reply.Whole answer);

    /** Does nothing where the end is known already. */
    void ended();
  }

  Reply once(Call call, Caller caller, byte[] body, Run run) throws InterruptedException {
    var key = call.header(HEADER);
    if (key == null) {
      return run.run(UNREMEMBERED);
    }
    if (!SHAPE.matcher(key).matches()) {
      throw new ApiException(
          ApiError.INVALID_VALUE,
          "Invalid '%s': it has %d characters; expected 1 to 255 printable ASCII characters."
              .formatted(HEADER, key.length()),
          HEADER);
    }
    call.useRequestId(RequestIds.of(caller.tenantId(), key));
    return switch (memory.claim(call.requestId(), fingerprint(call, body))) {
      case Claim.Fresh fresh -> runClaimed(call.requestId(), caller, run);
      case Claim.Running running -> throw inProgress(call.requestId());
      case Claim.Conflict conflict ->
          throw new ApiException(
              ApiError.IDEMPOTENCY_CONFLICT,
              "This Idempotency-Key was used with a different request, %s; use a new key for a new request."
                  .formatted(call.requestId()),
              HEADER);
      case Claim.Finished finished ->
          finished
              .answer()
              .map(answer -> answer.with(REPLAYED, "true"))
              .orElseThrow(() -> finished(call.requestId()));
    };
  }

  private Reply runClaimed(String requestId, Caller caller, Run run) throws InterruptedException {
    var once = new Remembered(requestId);
    try {
      refuseKnown(requestId, caller);
      return run.run(once);
    } finally {
      if (!once.admitted) {
        memory.refused(requestId);
      }
    }
  }

  /** Another node, or this one before its restart, may have run it. */
  private void refuseKnown(String requestId, Caller caller) {
    var view = status.request(caller.tenantId(), requestId);
    if (view.isPresent() && view.get().finishedAt() == null) {
      throw inProgress(requestId);
    }
    if (view.isPresent() || usage.find(caller.tenantId(), requestId).isPresent()) {
      throw finished(requestId);
    }
  }

  private static ApiException inProgress(String requestId) {
    return new ApiException(
        ApiError.IDEMPOTENCY_IN_PROGRESS,
        "The request with this Idempotency-Key, %s, is still running; GET /v1/millrace/requests/%s tells its state."
            .formatted(requestId, requestId),
        HEADER);
  }

  private static ApiException finished(String requestId) {
    return new ApiException(
        ApiError.IDEMPOTENCY_FINISHED,
        "The request with this Idempotency-Key, %s, was run already and is not run or billed again; its answer is no longer kept. GET /v1/millrace/requests/%s tells what became of it."
            .formatted(requestId, requestId),
        HEADER);
  }

  private static byte[] fingerprint(Call call, byte[] body) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update(call.path().getBytes(StandardCharsets.UTF_8));
      return digest.digest(body);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private final class Remembered implements Once {
    private final String requestId;
    private boolean admitted;

    Remembered(String requestId) {
      this.requestId = requestId;
    }

    @Override
    public void admitted() {
      admitted = true;
    }

    @Override
    public void answered(Reply.Whole answer) {
      memory.answered(requestId, answer);
    }

    @Override
    public void ended() {
      memory.ended(requestId);
    }
  }

  private static final Once UNREMEMBERED =
      new Once() {
        @Override
        public void admitted() {}

        @Override
        public void answered(Reply.Whole answer) {}

        @Override
        public void ended() {}
      };
}
