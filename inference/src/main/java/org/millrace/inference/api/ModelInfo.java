package org.millrace.inference.api;

import java.nio.file.Path;

/**
 * What a GGUF file says of itself, and what it takes to hold it.
 *
 * @param name general.name, or the file's name without its ending
 * @param architecture general.architecture, e.g. {@code llama}
 * @param quantization the type most weights are stored in, e.g. {@code Q4_0}
 * @param file the mapped file
 * @param parameters number of weights
 * @param fileBytes bytes of the file
 * @param vocabularySize tokens
 * @param contextTokens longest sequence this engine runs: the model's own limit or the configured
 *     one, whichever is less
 * @param layers transformer blocks
 * @param kvBytesPerToken bytes of keys and values a token takes in the cache, all layers
 */
public record ModelInfo(
    String name,
    String architecture,
    String quantization,
    Path file,
    long parameters,
    long fileBytes,
    int vocabularySize,
    int contextTokens,
    int layers,
    long kvBytesPerToken) {}
