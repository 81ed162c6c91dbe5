/**
 * The llama architecture with gradients, and the loop that trains it. The only user of DJL for
 * training.
 *
 * <p>Neither the text nor the file format of the result lives here.
 */
@NullMarked
package org.millrace.demomodel.train;

import org.jspecify.annotations.NullMarked;
