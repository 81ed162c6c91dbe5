/**
 * JSON as it is needed to read a schema: parsed strictly and within bounds, written back compactly.
 *
 * <p>What a schema means is not known here.
 */
@NullMarked
package org.millrace.inference.grammar.json;

import org.jspecify.annotations.NullMarked;
