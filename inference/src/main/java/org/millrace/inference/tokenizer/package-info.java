/**
 * Text to token ids and back, as a GGUF file's {@code tokenizer.ggml.*} metadata defines it:
 * byte-level byte-pair encoding with the pre-tokenizers that models name, SentencePiece-style
 * vocabularies, and special tokens.
 *
 * <p>The behaviour is llama.cpp's, because that is what the files were made for. No chat template
 * lives here, and nothing that runs a model.
 */
@NullMarked
package org.millrace.inference.tokenizer;

import org.jspecify.annotations.NullMarked;
