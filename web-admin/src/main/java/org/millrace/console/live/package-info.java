/**
 * The last minutes of load, sampled on this server for the overview's chart. Bounded; lost at a
 * restart, on purpose: history of record is in usage and metrics.
 */
@NullMarked
package org.millrace.console.live;

import org.jspecify.annotations.NullMarked;
