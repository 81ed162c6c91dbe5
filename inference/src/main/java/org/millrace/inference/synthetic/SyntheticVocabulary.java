package org.millrace.inference.synthetic;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.millrace.inference.gguf.GgufWriter;

/**
 * A byte-level vocabulary of any size that a tokenizer accepts: all bytes, then pieces of letters
 * joined by merges, then special tokens in the places and with the names that the model's family
 * gives them.
 */
final class SyntheticVocabulary {
  private static final String SPACE = "\u0120";
  private static final int NORMAL = 1;
  private static final int CONTROL = 3;

  private static final String LLAMA3_TEMPLATE =
      """
      {{- bos_token }}
      {%- for message in messages %}
          {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
      {%- endfor %}
      {%- if add_generation_prompt %}
          {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
      {%- endif %}
      """;

  private static final String CHATML_TEMPLATE =
      """
      {%- for message in messages %}
          {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}
      {%- endfor %}
      {%- if add_generation_prompt %}
          {{- '<|im_start|>assistant\\n' }}
      {%- endif %}
      """;

  private final List<String> tokens = new ArrayList<>();
  private final List<String> merges = new ArrayList<>();
  private final Map<String, Integer> specials = new HashMap<>();
  private final boolean qwen;

  private SyntheticVocabulary(boolean qwen) {
    this.qwen = qwen;
  }

  static SyntheticVocabulary of(Shape shape) {
    var vocabulary = new SyntheticVocabulary(shape.qwen());
    List<String> names = vocabulary.specialNames(shape.vocabulary());
    vocabulary.addBytes();
    vocabulary.addPieces(shape.vocabulary() - names.size());
    for (String name : names) {
      vocabulary.specials.put(name, vocabulary.tokens.size());
      vocabulary.tokens.add(name);
    }
    return vocabulary;
  }

  private List<String> specialNames(int size) {
    var names = new ArrayList<String>();
    if (qwen) {
      Collections.addAll(names, "<|endoftext|>", "<|im_start|>", "<|im_end|>");
      return names;
    }
    Collections.addAll(
        names,
        "<|begin_of_text|>",
        "<|end_of_text|>",
        "<|reserved_special_token_0|>",
        "<|reserved_special_token_1|>",
        "<|finetune_right_pad_id|>",
        "<|reserved_special_token_2|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|eom_id|>",
        "<|eot_id|>",
        "<|python_tag|>");
    for (int i = 3; size > 100_000 && names.size() < 256; i++) {
      names.add("<|reserved_special_token_" + i + "|>");
    }
    return names;
  }

  /**
   * The bytes in the order that Llama 3 and Qwen have them: first those that stand for themselves.
   */
  private void addBytes() {
    var others = new ArrayList<String>();
    for (int b = 0; b < 256; b++) {
      boolean printable = b > 32 && b < 127 || b > 160 && b != 173;
      if (printable) {
        tokens.add(String.valueOf((char) b));
      } else {
        others.add(String.valueOf((char) (256 + others.size())));
      }
    }
    tokens.addAll(others);
  }

  private void addPieces(int size) {
    List<String> letters = new ArrayList<>();
    for (char c = 'a'; c <= 'z'; c++) {
      letters.add(String.valueOf(c));
    }
    List<String> pairs = join(letters, letters, size);
    join(List.of(SPACE), letters, size);
    List<String> triples = join(pairs, letters, size);
    join(List.of(SPACE), pairs, size);
    join(List.of(SPACE), triples, size);
    join(pairs, pairs, size);
  }

  /**
   * Adds each left followed by each right, and the merge that makes it, until the vocabulary is
   * full.
   */
  private List<String> join(List<String> lefts, List<String> rights, int size) {
    var made = new ArrayList<String>();
    for (String left : lefts) {
      for (String right : rights) {
        if (tokens.size() >= size) {
          return made;
        }
        merges.add(left + " " + right);
        tokens.add(left + right);
        made.add(left + right);
      }
    }
    return made;
  }

  void writeTo(GgufWriter writer) {
    int firstSpecial = tokens.size() - specials.size();
    var types = new ArrayList<Integer>(tokens.size());
    for (int i = 0; i < tokens.size(); i++) {
      types.add(i < firstSpecial ? NORMAL : CONTROL);
    }
    writer.put("tokenizer.ggml.model", "gpt2");
    writer.put("tokenizer.ggml.pre", qwen ? "qwen2" : "llama-bpe");
    writer.putTexts("tokenizer.ggml.tokens", tokens);
    writer.putInts("tokenizer.ggml.token_type", types);
    writer.putTexts("tokenizer.ggml.merges", merges);
    writer.put("tokenizer.ggml.bos_token_id", id(qwen ? "<|endoftext|>" : "<|begin_of_text|>"));
    writer.put("tokenizer.ggml.eos_token_id", id(qwen ? "<|im_end|>" : "<|eot_id|>"));
    writer.put("tokenizer.ggml.add_bos_token", !qwen);
    writer.put("tokenizer.chat_template", qwen ? CHATML_TEMPLATE : LLAMA3_TEMPLATE);
  }

  private int id(String special) {
    Integer id = specials.get(special);
    if (id == null) {
      throw new IllegalStateException("no special token " + special);
    }
    return id;
  }
}
