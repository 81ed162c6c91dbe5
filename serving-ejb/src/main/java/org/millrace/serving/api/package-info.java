/**
 * What serving offers to the rest of the house: submit a completion, read its stream, see models
 * and load.
 *
 * <p>Interfaces (local views of the beans), records and exceptions only. Nothing here knows HTTP or
 * JSON.
 */
@NullMarked
package org.millrace.serving.api;

import org.jspecify.annotations.NullMarked;
