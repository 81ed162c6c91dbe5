/**
 * The automaton that follows a text through a grammar: finite automata for what is regular, a stack
 * for what is recursive or counted, and every reading of an ambiguous text at once.
 *
 * <p>Works on bytes and knows no tokens. What it computes it remembers, within bounds.
 */
@NullMarked
package org.millrace.inference.grammar.machine;

import org.jspecify.annotations.NullMarked;
