package org.millrace.webapi.completion;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.api.CompletionEvent.Failed;
import org.millrace.serving.api.CompletionStream;
import org.millrace.serving.api.Completions;
import org.millrace.serving.api.Models;
import org.millrace.serving.api.Models.ServedModel;
import org.millrace.tenancy.api.Caller;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.error.Refusals;
import org.millrace.webapi.http.Bodies;
import org.millrace.webapi.http.Call;
import org.millrace.webapi.http.Gate;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.openai.Ask;
import org.millrace.webapi.openai.ChatReader;
import org.millrace.webapi.openai.ChatShape;
import org.millrace.webapi.openai.Envelope;
import org.millrace.webapi.openai.Shape;
import org.millrace.webapi.openai.TextReader;
import org.millrace.webapi.openai.TextShape;

/**
 * {@code POST /v1/chat/completions} and {@code POST /v1/completions}: check the key, read the body,
 * submit, answer.
 */
public final class CompletionEndpoint {
  private final Gate gate;
  private final Bodies bodies;
  private final Completions completions;
  private final Models models;
  private final IdempotencyKeys idempotency;
  private final Duration heartbeat;
  private final InstantSource clock;

  public CompletionEndpoint(
      Gate gate,
      Bodies bodies,
      Completions completions,
      Models models,
      IdempotencyKeys idempotency,
      Duration heartbeat,
      InstantSource clock) {
    this.gate = gate;
    this.bodies = bodies;
    this.completions = completions;
    this.models = models;
    this.idempotency = idempotency;
    this.heartbeat = heartbeat;
    this.clock = clock;
  }

  public Reply chat(Call call) throws InterruptedException {
    return answer(call, new Dialect("chatcmpl-", ChatReader::read, ChatShape::new));
  }

  public Reply text(Call call) throws InterruptedException {
    return answer(call, new Dialect("cmpl-", TextReader::read, TextShape::new));
  }

  /** What differs between the two endpoints. */
  private record Dialect(String idPrefix, Reader reader, ShapeMaker shapes) {}

  private interface Reader {
    Ask read(String requestId, Map<String, @Nullable Object> members);
  }

  private interface ShapeMaker {
    Shape make(Envelope envelope, Ask ask);
  }

  private Reply answer(Call call, Dialect dialect) throws InterruptedException {
    var caller = gate.admit(call);
    var body = bodies.json(call);
    return idempotency.once(
        call, caller, body.bytes(), once -> run(call, caller, body.members(), dialect, once));
  }

  private Reply run(
      Call call,
      Caller caller,
      Map<String, @Nullable Object> members,
      Dialect dialect,
      IdempotencyKeys.Once once)
      throws InterruptedException {
    var ask = dialect.reader().read(call.requestId(), members);
    var model = model(ask.request().model());
    var envelope =
        new Envelope(
            dialect.idPrefix() + call.requestId().substring("req_".length()),
            clock.instant(),
            model.name(),
            org.millrace.webapi.openai.ModelTrees.fingerprint(model),
            ask.includeUsage());
    var shape = dialect.shapes().make(envelope, ask);
    var stream = completions.submit(caller, ask.request());
    once.admitted();
    return ask.stream()
        ? streamed(stream, shape, ask, once)
        : whole(call, stream, shape, ask, once);
  }

  private ServedModel model(String name) {
    return models
        .find(name)
        .orElseThrow(() ->
            new ApiException(
                ApiError.MODEL_NOT_FOUND,
                "The model '%s' does not exist or you do not have access to it; GET /v1/models lists those that are there."
                    .formatted(name),
                "model"));
  }

  private Reply whole(
      Call call, CompletionStream stream, Shape shape, Ask ask, IdempotencyKeys.Once once)
      throws InterruptedException {
    try (stream) {
      // Whoever brought a key may come again for the same answer.
      var mayLeave = call.header(IdempotencyKeys.HEADER) == null;
      var watch = new WholeAnswer.Watch(() -> mayLeave && call.isClientGone(), heartbeat, clock);
      var answer = WholeAnswer.await(stream, shape, ask.choicesTotal(), watch);
      once.answered(answer);
      return answer;
    } finally {
      once.ended();
    }
  }

  /**
   * Waits a moment for the first event: a request that fails before it has one gets an honest
   * status and not a 200 with an error in it.
   */
  private Reply streamed(CompletionStream stream, Shape shape, Ask ask, IdempotencyKeys.Once once)
      throws InterruptedException {
    var handedOver = false;
    try {
      var first = stream.next(heartbeat);
      if (first instanceof Failed failed) {
        throw Refusals.toApi(failed.error(), failed.message());
      }
      var answer =
          new StreamedAnswer(stream, shape, ask.includeUsage(), heartbeat, first, once::ended);
      handedOver = true;
      return new Reply.Events(answer);
    } finally {
      if (!handedOver) {
        stream.close();
        once.ended();
      }
    }
  }
}
