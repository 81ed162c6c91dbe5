package org.millrace.serving.admission;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.BillingException;
import org.millrace.billing.api.Holds;
import org.millrace.billing.api.TokenUsage;
import org.millrace.inference.api.Engine;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.CompletionStream;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.batch.ModelReplicas;
import org.millrace.serving.batch.Replica;
import org.millrace.serving.config.ServingConfig;
import org.millrace.serving.meter.Ending;
import org.millrace.serving.meter.Journal;
import org.millrace.serving.meter.JournalSlot;
import org.millrace.serving.meter.Outcome;
import org.millrace.serving.meter.ServingCounters;
import org.millrace.serving.meter.Settler;
import org.millrace.serving.request.Place;
import org.millrace.serving.request.RequestBook;
import org.millrace.serving.request.RequestSpec;
import org.millrace.serving.request.RequestSpec.PromptTokens;
import org.millrace.serving.request.ServedRequest;
import org.millrace.serving.request.Terms;
import org.millrace.serving.stream.EventStream;
import org.millrace.tenancy.api.Caller;

/**
 * Lets requests in. All refusals come first, in this order: gate, model, parameters, prompt,
 * format, id, rates, places, hold. From the hold on a request ends in a settlement or a release.
 * Called by many threads at once.
 */
public final class Admission {
  private static final Duration BILLING_RETRY_AFTER = Duration.ofSeconds(5);

  /** What admission works with. */
  public record Parts(
      Gate gate,
      Function<String, Optional<ModelReplicas>> replicas,
      TenantRates rates,
      Occupancy occupancy,
      Journal journal,
      RequestBook book,
      Holds holds,
      Settler settler,
      ServingCounters counters) {}

  private final Parts parts;
  private final ServingConfig config;
  private final InstantSource clock;
  private final LongSupplier seeds;
  private final ParameterRules rules;
  private final PromptReader promptReader;
  private final AtomicLong tickets = new AtomicLong();

  /**
   * @param seeds gives a seed to requests that bring none
   */
  public Admission(Parts parts, ServingConfig config, InstantSource clock, LongSupplier seeds) {
    this.parts = parts;
    this.config = config;
    this.clock = clock;
    this.seeds = seeds;
    this.rules = new ParameterRules(config.requests());
    this.promptReader = new PromptReader(config.requests());
  }

  /**
   * @throws ServingException where the request is refused; nothing is then held
   */
  public CompletionStream submit(Caller caller, CompletionRequest request) {
    try {
      parts.gate.enter();
      try {
        return admit(caller, request);
      } finally {
        parts.gate.leave();
      }
    } catch (ServingException refusal) {
      parts.counters.refused(request.model());
      throw refusal;
    }
  }

  private CompletionStream admit(Caller caller, CompletionRequest request) {
    ModelReplicas replicas = replicas(request.model());
    replicas.enter();
    try {
      return admit(caller, request, replicas);
    } finally {
      replicas.entered();
    }
  }

  private CompletionStream admit(Caller caller, CompletionRequest request, ModelReplicas replicas) {
    Replica replica = serving(replicas);
    RequestSpec spec = checked(caller, request, replica.engine());
    if (!parts.book.reserve(spec.requestId())) {
      throw new ServingException(
          ServingError.DUPLICATE_REQUEST,
          "request id %s was used before; each request needs its own".formatted(spec.requestId()));
    }
    try {
      return countedIn(spec, replicas, replica);
    } catch (RuntimeException refusal) {
      parts.book.forget(spec.requestId());
      throw refusal;
    }
  }

  private ModelReplicas replicas(String model) {
    return parts
        .replicas
        .apply(model)
        .orElseThrow(() ->
            new ServingException(
                ServingError.MODEL_NOT_FOUND,
                "model '%s' is not served here".formatted(Refusals.shortened(model)),
                "model",
                null));
  }

  private static Replica serving(ModelReplicas replicas) {
    return replicas
        .leastBusy()
        .orElseThrow(() ->
            new ServingException(
                ServingError.MODEL_UNAVAILABLE,
                "model %s is out of service; the server's log says why"
                    .formatted(replicas.model())));
  }

  private RequestSpec checked(Caller caller, CompletionRequest request, Engine engine) {
    rules.check(request, engine.tokenizer().vocabularySize());
    List<PromptTokens> prompts = promptReader.read(request, engine);
    var sampling =
        ParameterRules.sampling(request.sampling(), seeds.getAsLong())
            .withConstraint(FormatReader.read(request.format(), engine));
    return new RequestSpec(
        request.requestId(),
        caller,
        request.model(),
        prompts,
        request.choices(),
        List.copyOf(request.stop()),
        sampling);
  }

  private CompletionStream countedIn(RequestSpec spec, ModelReplicas replicas, Replica replica) {
    long now = clock.millis();
    Caller caller = spec.caller();
    long tokens = tokens(spec.worstCase());
    parts.rates.take(caller.tenantId(), caller.limits(), tokens, now);
    @Nullable Place place = null;
    try {
      place = parts.occupancy.enter(caller, spec.sequences());
      return paidFor(spec, replicas, replica, place, now);
    } catch (RuntimeException refusal) {
      parts.rates.giveBack(caller.tenantId(), tokens);
      if (place != null) {
        place.left();
      }
      throw refusal;
    }
  }

  private CompletionStream paidFor(
      RequestSpec spec, ModelReplicas replicas, Replica replica, Place place, long now) {
    if (parts.settler.backlog() >= config.meter().backlogMax()) {
      throw billingUnavailable(
          "%d requests wait to be billed; the limit is %d"
              .formatted(parts.settler.backlog(), config.meter().backlogMax()));
    }
    JournalSlot slot =
        parts
            .journal
            .take(spec.requestId(), now)
            .orElseThrow(() ->
                new ServingException(
                    ServingError.QUEUE_FULL,
                    "the server has %d open requests, which is its limit; try again later"
                        .formatted(parts.journal.slotsTotal()),
                    null,
                    Duration.ofSeconds(1)));
    Holds.Hold hold = hold(spec, slot, now);
    // From here on nothing may fail: the request runs to a settlement or a release.
    ServedRequest request = served(spec, replicas, place, slot, now);
    parts.book.open(request, hold.holdId());
    parts.counters.admitted(spec.model());
    replica.offer(request);
    return request.stream();
  }

  private ServedRequest served(
      RequestSpec spec, ModelReplicas replicas, Place place, JournalSlot slot, long now) {
    var terms =
        new Terms(
            tickets.incrementAndGet(),
            now,
            now + config.queue().waitMax().toMillis(),
            now + config.requests().runTimeMax().toMillis(),
            config.meter().settleWait().toMillis());
    // Twice what a step may bring, so that a reader and the loop need not take turns.
    int eventsMax =
        Math.max(config.streams().eventsMax(), 2 * ServedRequest.eventsPerStep(spec.sequences()));
    var stream =
        new EventStream(spec.requestId(), spec.inputTokens(), eventsMax, clock, replicas::wake);
    return new ServedRequest(spec, terms, place, slot, stream, parts.settler::offer);
  }

  private Holds.Hold hold(RequestSpec spec, JournalSlot slot, long now) {
    Caller caller = spec.caller();
    try {
      return parts.holds.place(
          new Holds.HoldRequest(
              spec.requestId(),
              slot.claim(),
              caller.tenantId(),
              caller.projectId(),
              caller.keyId(),
              spec.model(),
              spec.worstCase(),
              config.meter().holdTimeout()));
    } catch (BillingException refusal) {
      switch (refusal.error()) {
        case INSUFFICIENT_CREDIT -> {
          parts.journal.giveBack(slot);
          throw new ServingException(
              ServingError.INSUFFICIENT_CREDIT, String.valueOf(refusal.getMessage()));
        }
        case DUPLICATE_REQUEST -> {
          parts.journal.giveBack(slot);
          throw new ServingException(
              ServingError.DUPLICATE_REQUEST, String.valueOf(refusal.getMessage()));
        }
        case UNAVAILABLE -> throw unknownHold(spec, slot, now, refusal);
        default -> {
          parts.journal.giveBack(slot);
          throw billingUnavailable(String.valueOf(refusal.getMessage()));
        }
      }
    } catch (RuntimeException outage) {
      throw unknownHold(spec, slot, now, outage);
    }
  }

  /** The ledger may or may not have the hold: it is released as soon as the ledger answers. */
  private ServingException unknownHold(
      RequestSpec spec, JournalSlot slot, long now, RuntimeException cause) {
    var nothing = new TokenUsage(0, 0, 0);
    slot.end(nothing, Outcome.FAILED, now);
    parts.settler.offer(
        new Ending(spec.requestId(), slot, nothing, Outcome.FAILED, now, now, null));
    System.getLogger(Admission.class.getName())
        .log(System.Logger.Level.WARNING, "no hold for request " + spec.requestId(), cause);
    return billingUnavailable("billing does not answer");
  }

  private static ServingException billingUnavailable(String why) {
    return new ServingException(
        ServingError.BILLING_UNAVAILABLE, why + "; try again later", null, BILLING_RETRY_AFTER);
  }

  private static long tokens(TokenUsage usage) {
    return usage.inputTokens() + usage.outputTokens();
  }
}
