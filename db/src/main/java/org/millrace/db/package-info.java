/**
 * Brings the database to the shape of this version, and recomputes what must hold in it.
 *
 * <p>Plain JDBC and Flyway, usable before any server runs. The shape itself, with its own guards,
 * is in {@code db/migration}. No business rule lives here, and nothing here runs while requests are
 * served.
 */
@NullMarked
package org.millrace.db;

import org.jspecify.annotations.NullMarked;
