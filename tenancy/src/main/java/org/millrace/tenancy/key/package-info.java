/**
 * API keys: how they look, how their secret is checked, how long an answer about one may be
 * remembered.
 *
 * <p>Plain Java; clocks, randomness and the look-up come in. No database, no Jakarta, no HTTP.
 */
@NullMarked
package org.millrace.tenancy.key;

import org.jspecify.annotations.NullMarked;
