/**
 * What a person sees: progress, the breakdown of a start, errors in one line. Never decides what is
 * started.
 */
@NullMarked
package org.millrace.launcher.console;

import org.jspecify.annotations.NullMarked;
