/**
 * What usage costs: exact arithmetic over prices and tokens.
 *
 * <p>Plain Java. Nothing is rounded here; rounding happens once, on the invoice line.
 */
@NullMarked
package org.millrace.billing.rating;

import org.jspecify.annotations.NullMarked;
