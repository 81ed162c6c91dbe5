/**
 * The beans: transactions, look-up, configuration, timers. Thin: each calls the plain classes of
 * the packages beside it.
 *
 * <p>No rule and no SQL lives here. Nobody outside this module names a class of this package; they
 * are found by the interfaces in {@code api}.
 */
@NullMarked
package org.millrace.billing.ejb;

import org.jspecify.annotations.NullMarked;
