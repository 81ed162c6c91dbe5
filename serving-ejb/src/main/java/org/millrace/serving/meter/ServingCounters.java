package org.millrace.serving.meter;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What was served since the start, per model. Thread-safe. Models that are not served count
 * together, so that callers cannot make it grow.
 */
public final class ServingCounters {
  /** Where requests for unknown models are counted. */
  public static final String OTHER = "other";

  private final Map<String, OfModel> models = new ConcurrentHashMap<>();
  private final OfModel other = new OfModel();

  /** One model's counters. */
  public static final class OfModel {
    private final LongAdder requests = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder finished = new LongAdder();
    private final LongAdder cancelled = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder promptTokens = new LongAdder();
    private final LongAdder cachedTokens = new LongAdder();
    private final LongAdder completionTokens = new LongAdder();
    private final LongAdder lost = new LongAdder();

    public long requests() {
      return requests.sum();
    }

    public long refused() {
      return refused.sum();
    }

    public long ended(Outcome outcome) {
      return adder(outcome).sum();
    }

    public long promptTokens() {
      return promptTokens.sum();
    }

    /** Of the prompt tokens, those that the prefix cache had. */
    public long cachedTokens() {
      return cachedTokens.sum();
    }

    public long completionTokens() {
      return completionTokens.sum();
    }

    /** Requests whose hold had ended before they could be settled. */
    public long lost() {
      return lost.sum();
    }

    private LongAdder adder(Outcome outcome) {
      return switch (outcome) {
        case FINISHED -> finished;
        case CANCELLED -> cancelled;
        case FAILED -> failed;
      };
    }
  }

  /** Makes a served model known. */
  public OfModel register(String model) {
    return models.computeIfAbsent(model, _ -> new OfModel());
  }

  public OfModel of(String model) {
    return models.getOrDefault(model, other);
  }

  public void refused(String model) {
    of(model).refused.increment();
  }

  public void admitted(String model) {
    of(model).requests.increment();
  }

  /** Counts what was billed. */
  public void settled(String model, Ending ending) {
    OfModel counters = of(model);
    counters.adder(ending.outcome()).increment();
    if (ending.billable()) {
      counters.promptTokens.add(ending.usage().inputTokens());
      counters.cachedTokens.add(ending.usage().cachedInputTokens());
      counters.completionTokens.add(ending.usage().outputTokens());
    }
  }

  public void lost(String model) {
    of(model).lost.increment();
  }

  /** Sums over all models and the unknown ones. */
  public Totals totals() {
    long requests = other.requests();
    long refused = other.refused();
    long promptTokens = other.promptTokens();
    long completionTokens = other.completionTokens();
    for (OfModel model : models.values()) {
      requests += model.requests();
      refused += model.refused();
      promptTokens += model.promptTokens();
      completionTokens += model.completionTokens();
    }
    return new Totals(requests, refused, promptTokens, completionTokens);
  }

  /** Sums of this server since its start. */
  public record Totals(long requests, long refused, long promptTokens, long completionTokens) {}
}
