/**
 * What is used of the CUDA driver: memory, copies, kernels, a stream, events, graphs.
 *
 * <p>One interface, so that everything above runs as well where a library emulates a device. Knows
 * no tensor and no model. The only place beside the probe that touches JCuda.
 */
@NullMarked
package org.millrace.gpu.driver;

import org.jspecify.annotations.NullMarked;
