/**
 * Measurements that the {@code bench} command does not make. Each prints what it measured; figures
 * are kept in {@code bench/results}. Never a test with a time in it.
 */
@NullMarked
package org.millrace.bench;

import org.jspecify.annotations.NullMarked;
