package org.millrace.inference.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.millrace.inference.api.ModelLoadException;

/**
 * The tokens of a model: spelling, type, score, and which of them are special. Checked on
 * construction, then immutable.
 */
final class Vocabulary {
  /** Texts that end a turn or a text wherever they are tokens; files often do not mark them. */
  private static final Set<String> END_TEXTS =
      Set.of(
          "<|eot_id|>",
          "<|im_end|>",
          "<|end|>",
          "<|return|>",
          "<|call|>",
          "<end_of_turn>",
          "<|endoftext|>",
          "<|end_of_text|>",
          "<|eom_id|>",
          "<EOT>",
          "_<EOT>",
          "[EOT]",
          "[EOS]",
          "<eos>",
          "[e~[",
          "<|flush|>",
          "<|calls|>",
          "<end_of_utterance>",
          "<｜end▁of▁sentence｜>");

  /** Texts that end a piece of code where a model fills in the middle. */
  private static final Set<String> CODE_END_TEXTS =
      Set.of("<|fim_pad|>", "<fim_pad>", "<|fim_repo|>", "<|repo_name|>", "<|file_sep|>");

  /** Eight times what the largest vocabularies have. */
  private static final int TOKENS_MAX = 1 << 21;

  private static final Set<String> END_IDS =
      Set.of(
          "eos_token_id",
          "eot_token_id",
          "eom_token_id",
          "fim_pad_token_id",
          "fim_rep_token_id",
          "fim_sep_token_id");

  private final String source;
  private final String[] texts;
  private final TokenType[] types;
  private final float[] scores;
  private final Map<String, Integer> ids;
  private final Map<String, Integer> specialIds = new HashMap<>();
  private final Set<Integer> endIds = new HashSet<>();

  Vocabulary(VocabularyData data) {
    source = data.source();
    int size = data.tokens().size();
    if (size == 0) {
      throw fail("tokenizer.ggml.tokens is missing or empty; convert the model again");
    }
    if (size > TOKENS_MAX) {
      throw fail("the vocabulary has %d tokens; the limit is %d".formatted(size, TOKENS_MAX));
    }
    texts = data.tokens().toArray(String[]::new);
    types = types(data, size);
    scores = scores(data, size);
    ids = index();
    data.specialIds().forEach((key, id) -> specialIds.put(key, checkedId(key, id)));
    markEnds();
  }

  private TokenType[] types(VocabularyData data, int size) {
    var result = new TokenType[size];
    int[] numbers = data.types();
    if (numbers != null && numbers.length != size) {
      throw fail(
          "tokenizer.ggml.token_type has %d entries for %d tokens".formatted(numbers.length, size));
    }
    for (int i = 0; i < size; i++) {
      result[i] = numbers == null ? TokenType.NORMAL : TokenType.of(numbers[i]);
    }
    return result;
  }

  private float[] scores(VocabularyData data, int size) {
    float[] given = data.scores();
    if (given != null && given.length != size) {
      throw fail(
          "tokenizer.ggml.scores has %d entries for %d tokens".formatted(given.length, size));
    }
    var result = new float[size];
    for (int i = 0; given != null && i < size; i++) {
      result[i] = given[i];
      if (Float.isNaN(result[i])) {
        throw fail("tokenizer.ggml.scores[%d] is not a number".formatted(i));
      }
    }
    return result;
  }

  private Map<String, Integer> index() {
    var index = HashMap.<String, Integer>newHashMap(texts.length);
    for (int i = 0; i < texts.length; i++) {
      if (texts[i].isEmpty()) {
        texts[i] = "[EMPTY_" + i + "]";
      }
      index.putIfAbsent(texts[i], i);
    }
    return index;
  }

  private int checkedId(String key, long id) {
    if (id < 0 || id >= texts.length) {
      throw fail(
          "tokenizer.ggml.%s is %d; the vocabulary has ids 0 to %d"
              .formatted(key, id, texts.length - 1));
    }
    return (int) id;
  }

  private void markEnds() {
    for (String key : END_IDS) {
      special(key).ifPresent(endIds::add);
    }
    END_TEXTS.forEach(this::markEnd);
    Integer struck = ids.get("</s>");
    // Where it is user-defined, as in gemma's vocabulary and phi's, it is HTML for struck text.
    if (struck != null && types[struck] != TokenType.USER_DEFINED) {
      markEnd("</s>");
    }
    Integer end = ids.get("<|end|>");
    boolean channels = hasAll("<|return|>", "<|call|>") || hasAll("<|flush|>", "<|calls|>");
    if (end != null && channels) {
      // Here <|end|> closes one channel of a turn, and the turn goes on.
      endIds.remove(end);
      types[end] = TokenType.USER_DEFINED;
    }
  }

  private boolean hasAll(String... tokens) {
    return ids.keySet().containsAll(List.of(tokens));
  }

  private void markEnd(String text) {
    Integer id = ids.get(text);
    if (id != null) {
      endIds.add(id);
      // Some files call them normal tokens, which would let a user's text end the turn.
      types[id] = TokenType.CONTROL;
    }
  }

  int size() {
    return texts.length;
  }

  String text(int id) {
    return texts[check(id)];
  }

  TokenType type(int id) {
    return types[check(id)];
  }

  float score(int id) {
    return scores[id];
  }

  /** The id of this spelling, or -1. */
  int id(String text) {
    return ids.getOrDefault(text, -1);
  }

  OptionalInt special(String key) {
    Integer id = specialIds.get(key);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  boolean ends(int id) {
    return endIds.contains(id);
  }

  /** The byte that a byte token stands for, or -1 where the spelling is not {@code <0xXX>}. */
  int byteValue(int id) {
    String text = texts[id];
    if (text.length() != 6 || !text.startsWith("<0x") || !text.endsWith(">")) {
      return -1;
    }
    int high = Character.digit(text.charAt(3), 16);
    int low = Character.digit(text.charAt(4), 16);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }

  /** The id of the token {@code <0xXX>}, or -1. */
  int byteToken(int value) {
    return id(String.format(Locale.ROOT, "<0x%02X>", value));
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  ModelLoadException fail(String what) {
    return new ModelLoadException(source + ": " + what);
  }

  private int check(int id) {
    if (id < 0 || id >= texts.length) {
      throw new IndexOutOfBoundsException(
          "token %d; the vocabulary has ids 0 to %d".formatted(id, texts.length - 1));
    }
    return id;
  }
}
