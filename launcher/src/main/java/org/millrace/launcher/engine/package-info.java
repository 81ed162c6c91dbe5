/**
 * The commands that drive the engine from a terminal, without a server: generate, tokenize,
 * detokenize, template, logits, perplexity, bench and synth.
 *
 * <p>They use the engine's {@code api} only. Nothing here starts or asks a running platform.
 */
@NullMarked
package org.millrace.launcher.engine;

import org.jspecify.annotations.NullMarked;
