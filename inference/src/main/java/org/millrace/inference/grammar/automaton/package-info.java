/**
 * Finite automata over bytes: sets of characters as UTF-8, subset construction, minimization,
 * products.
 *
 * <p>Everything here is regular and finite. Recursion lives in {@code machine}; what an automaton
 * is for is known by nobody here.
 */
@NullMarked
package org.millrace.inference.grammar.automaton;

import org.jspecify.annotations.NullMarked;
