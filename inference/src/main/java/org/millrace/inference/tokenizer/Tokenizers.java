package org.millrace.inference.tokenizer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.gguf.GgufFile;

/** Makes a tokenizer of a file's metadata. A vocabulary-only file is enough. */
public final class Tokenizers {
  private static final String PREFIX = "tokenizer.ggml.";
  private static final List<String> SPECIAL_IDS =
      List.of(
          "bos_token_id",
          "eos_token_id",
          "eot_token_id",
          "eom_token_id",
          "unknown_token_id",
          "fim_pad_token_id",
          "fim_rep_token_id",
          "fim_sep_token_id");
  private static final List<String> FLAGS =
      List.of("add_bos_token", "add_eos_token", "add_space_prefix");

  private Tokenizers() {}

  /**
   * @throws ModelLoadException when the vocabulary is malformed or of a kind that Millrace does not
   *     know; the message names it
   */
  public static ModelTokenizer of(GgufFile file) {
    return of(read(file));
  }

  static VocabularyData read(GgufFile file) {
    Map<String, Long> ids = new HashMap<>();
    for (String key : SPECIAL_IDS) {
      file.optionalInteger(PREFIX + key).ifPresent(id -> ids.put(key, id));
    }
    Map<String, Boolean> flags = new HashMap<>();
    for (String key : FLAGS) {
      file.optionalBool(PREFIX + key).ifPresent(flag -> flags.put(key, flag));
    }
    return new VocabularyData(
        file.path().toString(),
        file.string(PREFIX + "model"),
        file.string(PREFIX + "pre", ""),
        file.string("general.name", ""),
        file.strings(PREFIX + "tokens"),
        file.optionalInts(PREFIX + "token_type").orElse(null),
        file.optionalFloats(PREFIX + "scores").orElse(null),
        file.optionalStrings(PREFIX + "merges").orElse(List.of()),
        ids,
        flags);
  }

  static ModelTokenizer of(VocabularyData data) {
    return switch (data.model()) {
      case "gpt2" -> bytePair(data);
      case "llama" -> sentencePiece(data);
      default ->
          throw new ModelLoadException(
              "%s: tokenizer.ggml.model is \"%s\"; supported are gpt2 (byte-level BPE) and llama (SentencePiece)"
                  .formatted(data.source(), data.model()));
    };
  }

  private static ModelTokenizer bytePair(VocabularyData data) {
    String name = data.pre().isEmpty() ? "default" : data.pre();
    PreTokenizer pre = PreTokenizer.named(name);
    if (pre == null) {
      throw new ModelLoadException(
          "%s: tokenizer.ggml.pre is \"%s\"; supported are %s"
              .formatted(data.source(), name, PreTokenizer.names()));
    }
    if (data.merges().isEmpty()) {
      throw new ModelLoadException(
          data.source() + ": tokenizer.ggml.merges is missing; convert the model again");
    }
    var vocabulary = new Vocabulary(data);
    var traits =
        new ModelTokenizer.Traits(
            true,
            data.flag("add_bos_token", pre.addBos()),
            data.flag("add_eos_token", false),
            data.flag("add_space_prefix", false),
            pre.cleanSpaces());
    return new ModelTokenizer(
        vocabulary,
        new BytePairEncoder(vocabulary, pre, data.merges()),
        new SpecialTokens(vocabulary, data.modelName()),
        traits);
  }

  private static ModelTokenizer sentencePiece(VocabularyData data) {
    if (data.scores() == null) {
      throw new ModelLoadException(
          data.source()
              + ": tokenizer.ggml.scores is missing; a SentencePiece vocabulary needs it");
    }
    var vocabulary = new Vocabulary(withDefaults(data));
    boolean spacePrefix = data.flag("add_space_prefix", true);
    var traits =
        new ModelTokenizer.Traits(
            false,
            data.flag("add_bos_token", true),
            data.flag("add_eos_token", false),
            spacePrefix,
            false);
    return new ModelTokenizer(
        vocabulary,
        new SentencePieceEncoder(vocabulary, spacePrefix),
        new SpecialTokens(vocabulary, data.modelName()),
        traits);
  }

  /** Where a SentencePiece file names no special ids they are Llama's: unknown 0, BOS 1, EOS 2. */
  private static VocabularyData withDefaults(VocabularyData data) {
    Map<String, Long> ids = new HashMap<>(data.specialIds());
    List<String> keys = List.of("unknown_token_id", "bos_token_id", "eos_token_id");
    for (int id = 0; id < keys.size() && id < data.tokens().size(); id++) {
      ids.putIfAbsent(keys.get(id), (long) id);
    }
    return new VocabularyData(
        data.source(),
        data.model(),
        data.pre(),
        data.modelName(),
        data.tokens(),
        data.types(),
        data.scores(),
        data.merges(),
        ids,
        data.flags());
  }
}
