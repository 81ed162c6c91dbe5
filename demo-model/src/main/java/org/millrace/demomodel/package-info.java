/**
 * Trains the small bundled model, step by step: corpus, vocabulary, training, export, evaluation.
 *
 * <p>The commands live here; what they do never does.
 */
@NullMarked
package org.millrace.demomodel;

import org.jspecify.annotations.NullMarked;
