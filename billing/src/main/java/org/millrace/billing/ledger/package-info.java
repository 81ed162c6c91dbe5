/**
 * What billing does: hold, settle, release, expire, grant, price. Refusals first, then writes.
 *
 * <p>Plain Java over the stores; transactions and the clock come in. No container, no SQL.
 */
@NullMarked
package org.millrace.billing.ledger;

import org.jspecify.annotations.NullMarked;
