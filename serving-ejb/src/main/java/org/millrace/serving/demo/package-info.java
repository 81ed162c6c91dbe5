/**
 * A tenant to try the server with: made once, found again later.
 *
 * <p>Plain Java over the other modules' {@code api}. Nothing here runs unless an operator asks for
 * it by configuration.
 */
@NullMarked
package org.millrace.serving.demo;

import org.jspecify.annotations.NullMarked;
