/**
 * Processes that outlive the command that started them: start, recognise again, end. Knows nothing
 * of what they do.
 */
@NullMarked
package org.millrace.launcher.process;

import org.jspecify.annotations.NullMarked;
