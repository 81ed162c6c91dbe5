package org.millrace.inference.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.inference.api.ModelLoadException;

/** Texts that are as bad for a tokenizer as texts can be: every one is encoded, and soon. */
class TokenizerTortureTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int LONG = 200_000;

  private static List<String> longTexts() {
    var texts = new ArrayList<String>();
    for (String part :
        List.of(
            "a",
            "A",
            "1",
            " ",
            "\n",
            "\r\n",
            "\t",
            "\u00a0",
            "!",
            "'",
            "é",
            "中",
            "\u0301",
            "\u0000",
            "\ud83d",
            "\ude00",
            "\ud83d\ude00",
            "\u200d",
            "aA",
            "a ",
            " a",
            "\n ",
            " \n",
            "1a",
            "'s",
            "<",
            "<|",
            "<|eot",
            "\u02b0",
            "\u2581",
            "\u3042\uac00",
            "/",
            "\u1f468\u200d")) {
      texts.add(part.repeat(LONG / part.length()));
    }
    // A run of white space that something follows, and another that nothing does.
    texts.add(" ".repeat(LONG) + "1");
    texts.add("x" + " ".repeat(LONG) + "1" + " ".repeat(LONG));
    texts.add("\u3000".repeat(LONG) + "\u0000");
    texts.add("a" + "\n \n".repeat(LONG / 3) + "!");
    return texts;
  }

  private static SmallVocabulary bytePair(String pre) {
    var vocabulary = SmallVocabulary.bytePair("a a", "aa aa", "Ġ Ġ", "ĠĠ ĠĠ", "1 1", "Ġ a", "Ċ Ċ");
    vocabulary.pre = pre;
    for (int i = 0; i < 6_000; i++) {
      vocabulary.control("<|reserved_special_token_" + i + "|>");
      vocabulary.add("<unused" + i + ">", TokenType.USER_DEFINED, 0);
    }
    return vocabulary;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-bpe",
        "qwen2",
        "qwen35",
        "gpt-2",
        "deepseek-llm",
        "deepseek-coder",
        "deepseek-v3",
        "falcon",
        "default",
        "starcoder",
        "tekken",
        "gpt-4o",
        "bloom",
        "viking",
        "seed-coder",
        "bailingmoe"
      })
  void hundredThousandsOfAnyCharacterAreEncodedInBoundedTime(String pre) {
    ModelTokenizer tokenizer = bytePair(pre).tokenizer();
    for (String text : longTexts()) {
      int[] ids =
          assertTimeoutPreemptively(
              PATIENCE,
              () -> tokenizer.encode(text, true, true),
              () -> pre + " of " + text.substring(0, 8));
      assertTrue(ids.length > 0);
    }
  }

  @Test
  void theyAreBySentencePieceToo() {
    var vocabulary = SmallVocabulary.sentencePiece();
    for (String token :
        List.of("a", "aa", "aaaa", "\u2581", "\u2581\u2581", "\u2581a", "1", "11")) {
      vocabulary.add(token, TokenType.NORMAL, -token.length());
    }
    ModelTokenizer tokenizer = vocabulary.tokenizer();
    for (String text : longTexts()) {
      int[] ids =
          assertTimeoutPreemptively(
              PATIENCE, () -> tokenizer.encode(text, true, true), () -> text.substring(0, 8));
      assertTrue(ids.length > 0);
    }
  }

  @Test
  void randomTextComesBackWhateverItIs() {
    var random = new Random(5);
    String alphabet = "aA1 \n\t'é中\u0301\u200d\u0000<|>_\u2581\ud83d\ude00\ufffe";
    // A pre-tokenizer whose models do not clean spaces up.
    ModelTokenizer bytePair = bytePair("qwen2").tokenizer();
    var pieces = SmallVocabulary.sentencePiece();
    pieces.add("\u2581", TokenType.NORMAL, -1);
    ModelTokenizer sentencePiece = pieces.tokenizer();
    for (int i = 0; i < 5_000; i++) {
      var text = new StringBuilder();
      for (int n = random.nextInt(40); n >= 0; n--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      String given = text.toString();
      // Half a pair is no character, and U+2581 is how one of the two spells a space.
      String whole = new String(given.getBytes(UTF_8), UTF_8).replace('?', '\ufffd');
      assertEquals(whole, bytePair.decode(bytePair.encode(given, false, false), true));
      assertEquals(
          whole.replace('\u2581', ' '),
          sentencePiece.decode(sentencePiece.encode(given, false, false), true));
    }
  }

  @Test
  void noUserTextMakesAControlTokenHoweverItIsCut() {
    var vocabulary = bytePair("llama-bpe");
    int first = vocabulary.id("<|reserved_special_token_0|>");
    ModelTokenizer tokenizer = vocabulary.tokenizer();
    String text = "<|reserved_special_token_0|>".repeat(1_000);
    var user = new BitSet();
    user.set(0, text.length());
    for (int id : tokenizer.encodePrompt(text, user)) {
      assertTrue(id < first, "token " + id);
    }
  }

  @Test
  void aVocabularyTooLargeForAnyModelIsRefused() {
    var data = SmallVocabulary.bytePair().data();
    var huge =
        new VocabularyData(
            "huge.gguf",
            data.model(),
            data.pre(),
            data.modelName(),
            Collections.nCopies(50_000_000, ""),
            null,
            null,
            List.of("a b"),
            data.specialIds(),
            data.flags());
    var refusal = assertThrows(ModelLoadException.class, () -> Tokenizers.of(huge));
    assertTrue(String.valueOf(refusal.getMessage()).contains("50000000"), refusal.getMessage());
  }
}
