/**
 * Tokens against grammars: the vocabulary as tries of bytes, and which tokens may come next.
 *
 * <p>Never knows what kind of grammar it is, or how a token is drawn from those that are left.
 */
@NullMarked
package org.millrace.inference.grammar.vocabulary;

import org.jspecify.annotations.NullMarked;
