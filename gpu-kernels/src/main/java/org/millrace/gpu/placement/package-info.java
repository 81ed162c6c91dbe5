/**
 * Where models go: how much each device may hold, what a model takes, which layers go to which
 * device.
 *
 * <p>Counts bytes and decides. Takes nothing itself, and touches no driver.
 */
@NullMarked
package org.millrace.gpu.placement;

import org.jspecify.annotations.NullMarked;
