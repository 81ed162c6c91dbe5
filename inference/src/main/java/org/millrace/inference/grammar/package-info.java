/**
 * Structured output: what a model's output must look like, compiled once and kept to token by
 * token.
 *
 * <p>The packages below read grammars ({@code syntax}, {@code schema}), run them over bytes ({@code
 * machine}) and find the tokens they allow ({@code vocabulary}). How a token is drawn is not known
 * here.
 */
@NullMarked
package org.millrace.inference.grammar;

import org.jspecify.annotations.NullMarked;
