/**
 * The {@code millrace} command: its sub-commands, thin over the packages beside it. No work of the
 * platform is done here.
 */
@NullMarked
package org.millrace.launcher;

import org.jspecify.annotations.NullMarked;
