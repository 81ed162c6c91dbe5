/**
 * Drawing tokens from logits: penalties, temperature, filters, seeded chance, log-probabilities.
 *
 * <p>Knows one sequence's parameters and what it has drawn. Never the model, the batch or the
 * clock.
 */
@NullMarked
package org.millrace.inference.sampling;

import org.jspecify.annotations.NullMarked;
