package org.millrace.serving.ejb;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.function.ToDoubleFunction;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;
import org.millrace.inference.api.KvBlocks;
import org.millrace.serving.batch.Replica;
import org.millrace.serving.meter.Outcome;
import org.millrace.serving.meter.ServingCounters;
import org.millrace.serving.node.ServingNode;

/**
 * What Prometheus sees. Its only label is the model, so that the number of series is bounded by the
 * configuration.
 */
@ApplicationScoped
public class ServingMetrics {
  private static final String PREFIX = "millrace_";

  @Inject
  @SuppressWarnings("NullAway.Init")
  private MetricRegistry registry;

  void register(ServingNode node) {
    var status = node.status();
    gauge("queued_requests", node, n -> status.snapshot().queuedRequests());
    gauge("open_requests", node, n -> n.journal().slotsTaken());
    gauge("settle_backlog", node, n -> n.settler().backlog());
    gauge("accepting", node, n -> n.gate().isOpen() ? 1 : 0);
    gauge(
        "unknown_model_refused_total",
        node.counters().of(ServingCounters.OTHER),
        ServingCounters.OfModel::refused);
    for (Replica replica : node.replicas()) {
      Tag model = new Tag("model", replica.model());
      register(replica, model);
      register(node.counters().of(replica.model()), model);
    }
  }

  private void register(Replica replica, Tag model) {
    KvBlocks blocks = replica.engine().blocks();
    gauge("running_sequences", replica, r -> r.gauges().running(), model);
    gauge("waiting_sequences", replica, r -> r.gauges().waiting(), model);
    gauge("kv_blocks", blocks, KvBlocks::totalBlocks, model);
    gauge("kv_blocks_free", blocks, KvBlocks::freeBlocks, model);
    gauge("kv_blocks_cached", blocks, KvBlocks::cachedBlocks, model);
    gauge("kv_block_bytes", replica, Replica::blockBytes, model);
    gauge("prefix_cache_evictions_total", blocks, KvBlocks::evictions, model);
    gauge("tokens_per_second", replica, r -> r.gauges().tokensPerSecond(), model);
    gauge("replica_up", replica, r -> r.failed() == null ? 1 : 0, model);
    gauge("steps_total", replica, r -> r.gauges().steps(), model);
    gauge("failed_steps_total", replica, r -> r.gauges().failedSteps(), model);
    gauge("preemptions_total", replica, r -> r.gauges().preemptions(), model);
  }

  private void register(ServingCounters.OfModel counters, Tag model) {
    gauge("requests_total", counters, ServingCounters.OfModel::requests, model);
    gauge("refused_total", counters, ServingCounters.OfModel::refused, model);
    gauge("prompt_tokens_total", counters, ServingCounters.OfModel::promptTokens, model);
    gauge("cached_prompt_tokens_total", counters, ServingCounters.OfModel::cachedTokens, model);
    gauge("completion_tokens_total", counters, ServingCounters.OfModel::completionTokens, model);
    gauge("unbilled_requests_total", counters, ServingCounters.OfModel::lost, model);
    for (Outcome outcome : Outcome.values()) {
      gauge(outcome.word() + "_total", counters, c -> c.ended(outcome), model);
    }
  }

  private <T> void gauge(String name, T subject, ToDoubleFunction<T> value, Tag... tags) {
    registry.gauge(PREFIX + name, subject, value::applyAsDouble, tags);
  }

  void unregister() {
    registry.removeMatching((id, _) -> id.getName().startsWith(PREFIX));
  }
}
