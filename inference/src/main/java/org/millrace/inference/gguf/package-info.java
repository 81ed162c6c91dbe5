/**
 * The GGUF file format: reading it over a memory map, and writing it.
 *
 * <p>Knows bytes, types, names and shapes. Never what a tensor or a key means to a model, never
 * arithmetic on weights, never a tokenizer.
 */
@NullMarked
package org.millrace.inference.gguf;

import org.jspecify.annotations.NullMarked;
