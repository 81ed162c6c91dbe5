/**
 * The same kernels on a device made of fibers, through the foreign-function interface.
 *
 * <p>For tests only. Knows no tensor and no model.
 */
@NullMarked
package org.millrace.gpu.emulation;

import org.jspecify.annotations.NullMarked;
