/**
 * Tenants, projects, keys and the audit trail in PostgreSQL.
 *
 * <p>Entities and the queries over them. Everything runs in a transaction that somebody else
 * begins, within the scope it was begun for. No rule about who may do what lives here.
 */
@NullMarked
package org.millrace.tenancy.persistence;

import org.jspecify.annotations.NullMarked;
