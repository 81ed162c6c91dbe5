package org.millrace.tenancy.api;

import java.util.UUID;

/**
 * Who makes an API request, as its key says.
 *
 * @param tenantId the tenant that pays
 * @param tenantSlug the tenant's short name, unique
 * @param projectId the project the key belongs to
 * @param keyId the key
 * @param limits the tenant's limits at the time of the look-up
 */
public record Caller(UUID tenantId, String tenantSlug, UUID projectId, UUID keyId, Limits limits) {}
