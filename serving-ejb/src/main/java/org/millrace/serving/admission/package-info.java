/**
 * The way in: every refusal in a fixed order, and then the hold. What is behind it may rely on
 * checked, counted, paid-for requests.
 *
 * <p>Plain Java; time, randomness and the ledger come in. Nothing here runs anything or waits for
 * the engine.
 */
@NullMarked
package org.millrace.serving.admission;

import org.jspecify.annotations.NullMarked;
