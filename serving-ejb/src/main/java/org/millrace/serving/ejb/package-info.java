/**
 * Thin beans: they read the configuration, give the node its threads, and hand calls through to it;
 * health and metrics look at it.
 *
 * <p>No rule lives here; all of them are in the plain packages beside this one.
 */
@NullMarked
package org.millrace.serving.ejb;

import org.jspecify.annotations.NullMarked;
