package org.millrace.inference.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Vocabularies of a few hundred tokens, for tests. */
final class SmallVocabulary {
  final List<String> tokens = new ArrayList<>();
  final List<Integer> types = new ArrayList<>();
  final List<Float> scores = new ArrayList<>();
  final List<String> merges = new ArrayList<>();
  final Map<String, Long> ids = new HashMap<>();
  final Map<String, Boolean> flags = new HashMap<>();
  String model = "gpt2";
  String pre = "llama-bpe";

  static SmallVocabulary bytePair(String... merges) {
    var vocabulary = new SmallVocabulary();
    for (int b = 0; b < 256; b++) {
      vocabulary.add(String.valueOf(ByteAlphabet.character(b)), TokenType.NORMAL, 0);
    }
    for (String merge : merges) {
      vocabulary.merges.add(merge);
      vocabulary.add(merge.replace(" ", ""), TokenType.NORMAL, 0);
    }
    return vocabulary;
  }

  static SmallVocabulary sentencePiece() {
    var vocabulary = new SmallVocabulary();
    vocabulary.model = "llama";
    vocabulary.add("<unk>", TokenType.UNKNOWN, 0);
    vocabulary.add("<s>", TokenType.CONTROL, 0);
    vocabulary.add("</s>", TokenType.CONTROL, 0);
    for (int b = 0; b < 256; b++) {
      vocabulary.add("<0x%02X>".formatted(b), TokenType.BYTE, 0);
    }
    return vocabulary;
  }

  int add(String token, TokenType type, float score) {
    tokens.add(token);
    types.add(type.ordinal());
    scores.add(score);
    return tokens.size() - 1;
  }

  int control(String token) {
    return add(token, TokenType.CONTROL, 0);
  }

  int id(String token) {
    return tokens.indexOf(token);
  }

  VocabularyData data() {
    float[] floats = new float[scores.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = scores.get(i);
    }
    return new VocabularyData(
        "small.gguf",
        model,
        pre,
        "small",
        tokens,
        types.stream().mapToInt(Integer::intValue).toArray(),
        floats,
        merges,
        ids,
        flags);
  }

  ModelTokenizer tokenizer() {
    return Tokenizers.of(data());
  }
}
