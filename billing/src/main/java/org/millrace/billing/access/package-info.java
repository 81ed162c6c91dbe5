/**
 * Which roles may do what with money, and which tenants' rows they then work on.
 *
 * <p>Plain Java. Answers with a {@link org.millrace.db.TenantScope}, so that what a role may see is
 * also what the database shows.
 */
@NullMarked
package org.millrace.billing.access;

import org.jspecify.annotations.NullMarked;
