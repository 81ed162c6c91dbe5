package org.millrace.webapi.admin;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Prices.Price;
import org.millrace.billing.api.TokenUsage;
import org.millrace.billing.api.UsageRecords.DailyUsage;
import org.millrace.billing.api.UsageRecords.UsageRecord;
import org.millrace.serving.api.ServingStatus.ReplicaView;
import org.millrace.tenancy.api.ApiKeyView;
import org.millrace.tenancy.api.AuditTrail.AuditEntry;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.api.TenantView;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.json.Tree;

/** The admin API's objects as JSON. Money is a decimal string, times are ISO 8601 in UTC. */
final class AdminTrees {
  private AdminTrees() {}

  static <T> Tree list(List<T> elements, Function<T, Tree> tree) {
    return Tree.of("object", "list")
        .with("data", elements.stream().map(element -> tree.apply(element).members()).toList());
  }

  static UUID id(String parameter, String text) {
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      throw new ApiException(
          ApiError.INVALID_VALUE, "Invalid '%s': expected an id.".formatted(parameter), parameter);
    }
  }

  static Tree tenant(TenantView tenant) {
    var limits = tenant.limits();
    return Tree.of("object", "tenant")
        .with("id", tenant.id())
        .with("slug", tenant.slug())
        .with("name", tenant.name())
        .with("suspended", tenant.suspended())
        .with(
            "limits",
            Tree.of("requests_per_minute", limits.requestsPerMinute())
                .with("tokens_per_minute", limits.tokensPerMinute())
                .with("concurrent_sequences", limits.concurrentSequences())
                .with("queued_requests", limits.queuedRequests())
                .members())
        .with("created_at", tenant.createdAt());
  }

  static Tree project(ProjectView project) {
    return Tree.of("object", "project")
        .with("id", project.id())
        .with("tenant", project.tenantId())
        .with("name", project.name())
        .with("created_at", project.createdAt());
  }

  static Tree key(ApiKeyView key) {
    return Tree.of("object", "api_key")
        .with("id", key.id())
        .with("tenant", key.tenantId())
        .with("project", key.projectId())
        .with("project_name", key.projectName())
        .with("name", key.name())
        .with("prefix", key.prefix())
        .with("created_at", key.createdAt())
        .with("last_used_at", key.lastUsedAt())
        .with("revoked_at", key.revokedAt());
  }

  static Tree price(Price price) {
    return Tree.of("object", "price")
        .with("model", price.model())
        .with("meter", price.meter().name().toLowerCase(Locale.ROOT))
        .with("per_million_tokens", price.perMillionTokens().toPlainString())
        .with("currency", price.currency())
        .with("valid_from", price.validFrom());
  }

  static Tree daily(DailyUsage day) {
    return Tree.of("object", "daily_usage")
        .with("day", day.day())
        .with("tenant", day.tenantId())
        .with("model", day.model())
        .with("requests", day.requests())
        .with("tokens", tokens(day.usage()))
        .with("cost", day.cost().plain())
        .with("currency", day.cost().currency());
  }

  static Tree record(UsageRecord record) {
    return Tree.of("object", "usage_record")
        .with("request_id", record.requestId())
        .with("tenant", record.tenantId())
        .with("project", record.projectId())
        .with("key", record.keyId())
        .with("model", record.model())
        .with("tokens", tokens(record.usage()))
        .with("cost", record.cost().plain())
        .with("currency", record.cost().currency())
        .with("hold_id", record.holdId())
        .with("transfer_id", record.transferId())
        .with("outcome", record.outcome())
        .with("started_at", record.startedAt())
        .with("finished_at", record.finishedAt());
  }

  static Tree entry(AuditEntry entry) {
    return Tree.of("object", "audit_entry")
        .with("sequence", entry.sequence())
        .with("at", entry.at())
        .with("actor", entry.actor())
        .with("tenant", entry.tenantId())
        .with("action", entry.action())
        .with("subject", entry.subject())
        .with("details", entry.details());
  }

  static Map<String, @Nullable Object> replica(ReplicaView replica) {
    return Tree.of("model", replica.model())
        .with("device", replica.device())
        .with("kernels", replica.kernels())
        .with("state", replica.state())
        .with("running_sequences", replica.runningSequences())
        .with("waiting_sequences", replica.waitingSequences())
        .with("kv_blocks_used", replica.kvBlocksUsed())
        .with("kv_blocks_total", replica.kvBlocksTotal())
        .with("tokens_per_second", replica.tokensPerSecond())
        .with("steps", replica.steps())
        .with("note", replica.note())
        .members();
  }

  private static Map<String, @Nullable Object> tokens(TokenUsage usage) {
    return Tree.of("input", usage.inputTokens())
        .with("cached_input", usage.cachedInputTokens())
        .with("output", usage.outputTokens())
        .members();
  }
}
