/**
 * How near the kernels come to what a device's memory and arithmetic allow.
 *
 * <p>Measures one device that nobody else uses meanwhile. Knows no model file.
 */
@NullMarked
package org.millrace.gpu.measure;

import org.jspecify.annotations.NullMarked;
