/**
 * The honest meter: what was handed out is on the disk's page cache before a reader can see it, and
 * what ended is settled, however often it takes.
 *
 * <p>Plain Java; time and the ledger come in. Nothing here decides what a token costs, and nothing
 * here waits inside the engine's loop.
 */
@NullMarked
package org.millrace.serving.meter;

import org.jspecify.annotations.NullMarked;
