/**
 * Grammars as text: regular expressions, and rules as llama.cpp writes them (GBNF).
 *
 * <p>What is not understood is refused by name. What becomes of the expressions is not known here.
 */
@NullMarked
package org.millrace.inference.grammar.syntax;

import org.jspecify.annotations.NullMarked;
