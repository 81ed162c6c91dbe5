/**
 * What tenancy offers to the rest of the house: who calls, which tenants, projects and keys there
 * are, and the audit trail.
 *
 * <p>Interfaces (local views of the beans), records and exceptions only. Nothing here knows money,
 * models or HTTP.
 */
@NullMarked
package org.millrace.tenancy.api;

import org.jspecify.annotations.NullMarked;
