/**
 * One server put together: admission, replicas, meter and their status, as plain objects. A test
 * drives it one step at a time; the beans give it threads.
 *
 * <p>Plain Java; the ledger, the loader of models, time and randomness come in. No rule of
 * admission, batching or metering lives here.
 */
@NullMarked
package org.millrace.serving.node;

import org.jspecify.annotations.NullMarked;
