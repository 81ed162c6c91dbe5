/** Whole models on a device, beside the CPU and the conformance data. For tests only. */
@NullMarked
package org.millrace.gpu.engine;

import org.jspecify.annotations.NullMarked;
