/**
 * NVIDIA devices through the CUDA driver API: finding them, and saying plainly why one cannot be
 * used.
 *
 * <p>The only place that touches JCuda. Nothing here knows requests, tenants or the batch.
 */
@NullMarked
package org.millrace.gpu;

import org.jspecify.annotations.NullMarked;
