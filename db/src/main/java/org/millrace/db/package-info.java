/**
 * Brings the database to the shape of this version, recomputes what must hold in it, and tells a
 * session for which tenant it works.
 *
 * <p>Plain JDBC and Flyway, usable before any server runs. The shape itself, with its own guards,
 * is in {@code db/migration}. No business rule lives here, and no query of a tenant's data.
 */
@NullMarked
package org.millrace.db;

import org.jspecify.annotations.NullMarked;
