package org.millrace.serving.ejb;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.DeviceUse;
import org.millrace.inference.api.KvBlocks;
import org.millrace.serving.batch.ModelReplicas;
import org.millrace.serving.batch.Replica;
import org.millrace.serving.meter.Outcome;
import org.millrace.serving.meter.ServingCounters;
import org.millrace.serving.node.ServingNode;

/**
 * What Prometheus sees. Its labels are the model, the number of its replica and the device that it
 * has memory of, so that the number of series is bounded by the configuration.
 */
@ApplicationScoped
public class ServingMetrics {
  private static final String PREFIX = "millrace_";

  /** MicroProfile's counters cannot read a total from elsewhere; they are brought up to it. */
  private static final long ADVANCE_MILLIS = 500;

  @Inject
  @SuppressWarnings("NullAway.Init")
  private MetricRegistry registry;

  @Resource
  @SuppressWarnings("NullAway.Init")
  private ManagedScheduledExecutorService scheduler;

  private final List<Count> counts = new CopyOnWriteArrayList<>();
  private @Nullable Future<?> advancing;

  void register(ServingNode node) {
    var status = node.status();
    gauge("queued_requests", node, n -> status.snapshot().queuedRequests());
    gauge("open_requests", node, n -> n.journal().slotsTaken());
    gauge("settle_backlog", node, n -> n.settler().backlog());
    gauge("accepting", node, n -> n.gate().isOpen() ? 1 : 0);
    var unknown = node.counters().of(ServingCounters.OTHER);
    count("unknown_model_refused", unknown::refused);
    for (ModelReplicas model : node.models()) {
      register(node, model.model());
    }
    advancing = scheduler.scheduleAtFixedRate(this::advance, 0, ADVANCE_MILLIS, MILLISECONDS);
  }

  /** Adds a model that was loaded, or was loaded again. */
  void register(ServingNode node, String model) {
    Tag name = new Tag("model", model);
    register(node.counters().of(model), name);
    List<Replica> replicas =
        node.replicas().stream().filter(replica -> replica.model().equals(model)).toList();
    for (int i = 0; i < replicas.size(); i++) {
      register(replicas.get(i), name, new Tag("replica", Integer.toString(i)));
    }
  }

  /** Takes a model out that is unloaded; its counters begin anew when it is loaded again. */
  void unregister(String model) {
    counts.removeIf(count -> count.isOf(model));
    registry.removeMatching(
        (id, _) -> id.getName().startsWith(PREFIX) && model.equals(id.getTags().get("model")));
  }

  private void advance() {
    counts.forEach(Count::advance);
  }

  private void register(Replica replica, Tag... model) {
    registerMemory(replica, model);
    KvBlocks blocks = replica.engine().blocks();
    gauge("running_sequences", replica, r -> r.gauges().running(), model);
    gauge("waiting_sequences", replica, r -> r.gauges().waiting(), model);
    gauge("kv_blocks", blocks, KvBlocks::totalBlocks, model);
    gauge("kv_blocks_free", blocks, KvBlocks::freeBlocks, model);
    gauge("kv_blocks_cached", blocks, KvBlocks::cachedBlocks, model);
    gauge("kv_block_bytes", replica, Replica::blockBytes, model);
    count("prefix_cache_evictions", blocks::evictions, model);
    gauge("tokens_per_second", replica, r -> r.gauges().tokensPerSecond(), model);
    gauge("replica_up", replica, r -> r.failed() == null ? 1 : 0, model);
    count("steps", replica.gauges()::steps, model);
    count("guessed_tokens", replica.gauges()::guesses, model);
    count("guessed_right", replica.gauges()::rightGuesses, model);
    count("failed_steps", replica.gauges()::failedSteps, model);
    count("preemptions", replica.gauges()::preemptions, model);
  }

  private void registerMemory(Replica replica, Tag... model) {
    List<DeviceUse> devices = replica.engine().deviceUse();
    for (int i = 0; i < devices.size(); i++) {
      int device = i;
      var of = new Tag("device", devices.get(i).device());
      Tag[] tags = {model[0], model[1], of};
      gauge("device_bytes_budget", replica, r -> use(r, device).budget(), tags);
      gauge("device_bytes_weights", replica, r -> use(r, device).weights(), tags);
      gauge("device_bytes_cache", replica, r -> use(r, device).cache(), tags);
      gauge("device_bytes_scratch", replica, r -> use(r, device).scratch(), tags);
      gauge("device_bytes_graphs", replica, r -> use(r, device).graphs(), tags);
    }
  }

  private static DeviceUse use(Replica replica, int device) {
    return replica.engine().deviceUse().get(device);
  }

  private void register(ServingCounters.OfModel counters, Tag model) {
    count("requests", counters::requests, model);
    count("refused", counters::refused, model);
    count("prompt_tokens", counters::promptTokens, model);
    count("cached_prompt_tokens", counters::cachedTokens, model);
    count("completion_tokens", counters::completionTokens, model);
    count("unbilled_requests", counters::lost, model);
    for (Outcome outcome : Outcome.values()) {
      count(outcome.word(), () -> counters.ended(outcome), model);
    }
  }

  private <T> void gauge(String name, T subject, ToDoubleFunction<T> value, Tag... tags) {
    registry.gauge(PREFIX + name, subject, value::applyAsDouble, tags);
  }

  private void count(String name, LongSupplier total, Tag... tags) {
    String model = tags.length == 0 ? "" : tags[0].getTagValue();
    counts.add(new Count(model, registry.counter(PREFIX + name, tags), total));
  }

  void unregister() {
    if (advancing != null) {
      advancing.cancel(false);
    }
    counts.clear();
    registry.removeMatching((id, _) -> id.getName().startsWith(PREFIX));
  }
}
