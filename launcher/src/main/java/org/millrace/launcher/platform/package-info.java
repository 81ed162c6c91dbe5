/**
 * The parts together: start in order with rollback, stop in order, say how they are. No part's
 * inner workings.
 */
@NullMarked
package org.millrace.launcher.platform;

import org.jspecify.annotations.NullMarked;
