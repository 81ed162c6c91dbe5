/**
 * How numbers, amounts and times are written on a page. Pure functions; never here: anything that
 * looks something up.
 */
@NullMarked
package org.millrace.console.format;

import org.jspecify.annotations.NullMarked;
