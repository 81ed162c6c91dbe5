package org.millrace.tenancy.api;

import java.time.Instant;
import java.util.UUID;

/** A tenant's project: what keys and usage are grouped by. */
public record ProjectView(UUID id, UUID tenantId, String name, Instant createdAt) {}
