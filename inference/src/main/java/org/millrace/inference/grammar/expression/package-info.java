/**
 * What every kind of grammar is read into: expressions over characters, with named rules that may
 * be recursive, and how a regular expression becomes an automaton.
 *
 * <p>No syntax is known here; those who read one live beside.
 */
@NullMarked
package org.millrace.inference.grammar.expression;

import org.jspecify.annotations.NullMarked;
