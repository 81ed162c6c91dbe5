/**
 * What billing offers to the rest of the house: hold and settle, prices, credit, balances, usage.
 *
 * <p>Interfaces (local views of the beans), records and exceptions only. Nothing here knows models,
 * sequences or HTTP.
 */
@NullMarked
package org.millrace.billing.api;

import org.jspecify.annotations.NullMarked;
