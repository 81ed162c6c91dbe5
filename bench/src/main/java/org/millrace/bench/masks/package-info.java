/** How long it takes to find the tokens that a format allows. */
@NullMarked
package org.millrace.bench.masks;

import org.jspecify.annotations.NullMarked;
