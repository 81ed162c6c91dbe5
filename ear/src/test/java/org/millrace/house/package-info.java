/**
 * The architecture, as tests: which module may look at which, and what the pure packages never
 * touch.
 */
@NullMarked
package org.millrace.house;

import org.jspecify.annotations.NullMarked;
