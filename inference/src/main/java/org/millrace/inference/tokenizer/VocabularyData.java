package org.millrace.inference.tokenizer;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code tokenizer.ggml.*} metadata of a file as it stands there, not yet checked.
 *
 * @param source the file's name, for messages
 * @param model {@code gpt2} (byte-level BPE) or {@code llama} (SentencePiece style)
 * @param pre the pre-tokenizer's name; empty where the file has none
 * @param modelName {@code general.name}; some models' special tokens eat the white space after them
 * @param tokens the spelling of each id
 * @param types a number per token as {@link TokenType} orders them, or null
 * @param scores a score per token, or null
 * @param merges {@code "left right"}, the earliest first
 * @param specialIds numbers by key without prefix, e.g. {@code bos_token_id}
 * @param flags truth values by key without prefix, e.g. {@code add_bos_token}
 */
@SuppressWarnings("ArrayRecordComponent")
record VocabularyData(
    String source,
    String model,
    String pre,
    String modelName,
    List<String> tokens,
    int @Nullable [] types,
    float @Nullable [] scores,
    List<String> merges,
    Map<String, Long> specialIds,
    Map<String, Boolean> flags) {

  boolean flag(String key, boolean otherwise) {
    return flags.getOrDefault(key, otherwise);
  }
}
