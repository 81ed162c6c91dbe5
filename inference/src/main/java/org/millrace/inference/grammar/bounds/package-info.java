/**
 * How much a grammar may ask for, and the error that says it asks for more.
 *
 * <p>Knows numbers and messages only, nothing of grammars.
 */
@NullMarked
package org.millrace.inference.grammar.bounds;

import org.jspecify.annotations.NullMarked;
