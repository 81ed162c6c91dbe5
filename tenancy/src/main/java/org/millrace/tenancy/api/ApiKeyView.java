package org.millrace.tenancy.api;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A key without its secret.
 *
 * @param prefix what may be shown: {@code mlr_live_<public id>}
 * @param lastUsedAt to the minute or so; {@code null} where it was never used
 * @param revokedAt {@code null} where it works
 */
public record ApiKeyView(
    UUID id,
    UUID tenantId,
    UUID projectId,
    String projectName,
    String name,
    String prefix,
    Instant createdAt,
    @Nullable Instant lastUsedAt,
    @Nullable Instant revokedAt) {}
