/**
 * What runs benchmarks and prints their figures, which are kept in {@code bench/results}. The
 * kernels' benchmarks are in the kernels' package. Never a test with a time in it.
 */
@NullMarked
package org.millrace.bench;

import org.jspecify.annotations.NullMarked;
