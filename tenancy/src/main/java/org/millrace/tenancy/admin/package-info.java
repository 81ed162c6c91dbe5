/**
 * What admins do with tenants, projects and keys: allowed, done, recorded, in one transaction.
 *
 * <p>Plain Java over the stores; transactions, clock and randomness come in. No container, no HTTP.
 */
@NullMarked
package org.millrace.tenancy.admin;

import org.jspecify.annotations.NullMarked;
