/**
 * Benchmarks of the CPU kernels, in the kernels' own package because these are not for others.
 * Speed is reported here and asserted nowhere.
 */
@NullMarked
package org.millrace.inference.tensor;

import org.jspecify.annotations.NullMarked;
