/**
 * One API request and its sequences while they are served, and the memory of those that ended
 * lately.
 *
 * <p>Plain Java. State lives here; who waits, who runs and what it costs is decided in the packages
 * around.
 */
@NullMarked
package org.millrace.serving.request;

import org.jspecify.annotations.NullMarked;
