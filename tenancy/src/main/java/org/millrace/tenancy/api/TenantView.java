package org.millrace.tenancy.api;

import java.time.Instant;
import java.util.UUID;

/** A tenant as admins see it. */
public record TenantView(
    UUID id, String slug, String name, boolean suspended, Limits limits, Instant createdAt) {}
