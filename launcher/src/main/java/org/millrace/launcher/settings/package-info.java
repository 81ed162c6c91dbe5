/**
 * Where things lie, on which ports, with which secrets, as options and environment say. Starts and
 * connects to nothing.
 */
@NullMarked
package org.millrace.launcher.settings;

import org.jspecify.annotations.NullMarked;
