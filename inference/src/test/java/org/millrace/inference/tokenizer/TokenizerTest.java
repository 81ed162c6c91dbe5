package org.millrace.inference.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.millrace.inference.api.ModelLoadException;

class TokenizerTest {
  @Test
  void theEarliestMergeComesFirstWhereverItIs() {
    var words = SmallVocabulary.bytePair("b c", "a b", "c d");
    // "ab" is further left, but "bc" has the better rank; what is left of "cd" cannot join.
    assertArrayEquals(
        new int[] {words.id("a"), words.id("bc"), words.id("d")},
        words.tokenizer().encode("abcd", false, false));
  }

  @Test
  void mergesBuildOnMerges() {
    var words = SmallVocabulary.bytePair("l l", "h e", "he ll", "hell o");
    words.pre = "gpt-2";
    assertArrayEquals(
        new int[] {words.id("hello")}, words.tokenizer().encode("hello", false, false));
  }

  @Test
  void mergesNeverCrossThePiecesOfThePreTokenizer() {
    var words = SmallVocabulary.bytePair("a 1", "1 2", "12 3", "123 4");
    assertArrayEquals(
        new int[] {words.id("a"), words.id("123"), words.id("4")},
        words.tokenizer().encode("a1234", false, false));
  }

  @Test
  void mergingAgreesWithTryingEveryPairInTurn() {
    var words =
        SmallVocabulary.bytePair("a b", "b a", "ab a", "a a", "ba b", "aba ba", "c ab", "b b");
    words.pre = "gpt-2";
    ModelTokenizer tokenizer = words.tokenizer();
    var random = new SplittableRandom(7);
    for (int i = 0; i < 500; i++) {
      var text = new StringBuilder();
      for (int n = random.nextInt(1, 40); n > 0; n--) {
        text.append((char) ('a' + random.nextInt(3)));
      }
      assertArrayEquals(
          slowly(words, text.toString()),
          tokenizer.encode(text.toString(), false, false),
          text::toString);
    }
  }

  /** The definition itself: as long as any pair merges, merge the leftmost of the least rank. */
  private static int[] slowly(SmallVocabulary words, String text) {
    var parts = new java.util.ArrayList<>(text.chars().mapToObj(Character::toString).toList());
    while (true) {
      int best = -1;
      int rank = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int found = words.merges.indexOf(parts.get(i) + " " + parts.get(i + 1));
        if (found >= 0 && found < rank) {
          rank = found;
          best = i;
        }
      }
      if (best < 0) {
        return parts.stream().mapToInt(words::id).toArray();
      }
      parts.set(best, parts.get(best) + parts.remove(best + 1));
    }
  }

  @Test
  void aControlTokenIsMadeOnlyWhereSpecialTokensAreParsed() {
    var words = SmallVocabulary.bytePair("a b");
    int end = words.control("<|eot_id|>");
    ModelTokenizer tokenizer = words.tokenizer();
    assertArrayEquals(new int[] {words.id("a"), end}, tokenizer.encode("a<|eot_id|>", false, true));
    int[] text = tokenizer.encode("a<|eot_id|>", false, false);
    assertEquals(11, text.length);
    assertEquals("a<|eot_id|>", tokenizer.decode(text, false));
    assertTrue(tokenizer.endsGeneration(end));
    assertFalse(tokenizer.endsGeneration(0));
  }

  @Test
  void aUserDefinedTokenIsAlwaysOneToken() {
    var words = SmallVocabulary.bytePair("a b");
    int tool = words.add("[tool]", TokenType.USER_DEFINED, 0);
    ModelTokenizer tokenizer = words.tokenizer();
    assertArrayEquals(new int[] {tool, words.id("ab")}, tokenizer.encode("[tool]ab", false, false));
    assertEquals("[tool]ab", tokenizer.decode(tokenizer.encode("[tool]ab", false, false), false));
  }

  @Test
  void theLongestSpecialTokenTakesItsPlaceFirst() {
    var words = SmallVocabulary.bytePair("a b");
    int small = words.control("<a>");
    int large = words.control("<a><b>");
    int other = words.control("<b><c>");
    assertArrayEquals(new int[] {small, large}, words.tokenizer().encode("<a><a><b>", false, true));
    assertArrayEquals(
        new int[] {large, words.id("<"), words.id("c"), words.id(">")},
        words.tokenizer().encode("<a><b><c>", false, true));
    assertArrayEquals(new int[] {other}, words.tokenizer().encode("<b><c>", false, true));
  }

  @Test
  void bosAndEosAreAddedAsTheFileSays() {
    var words = SmallVocabulary.bytePair("a b");
    int bos = words.control("<bos>");
    int eos = words.control("<eos>");
    words.ids.put("bos_token_id", (long) bos);
    words.ids.put("eos_token_id", (long) eos);
    assertArrayEquals(new int[] {bos, words.id("ab")}, words.tokenizer().encode("ab", true, false));
    words.flags.put("add_bos_token", false);
    words.flags.put("add_eos_token", true);
    assertArrayEquals(new int[] {words.id("ab"), eos}, words.tokenizer().encode("ab", true, false));
    assertArrayEquals(new int[] {words.id("ab")}, words.tokenizer().encode("ab", false, false));
  }

  @Test
  void aPromptsOwnBosIsNotDoubled() {
    var words = SmallVocabulary.bytePair("a b");
    int bos = words.control("<bos>");
    words.ids.put("bos_token_id", (long) bos);
    ModelTokenizer tokenizer = words.tokenizer();
    assertArrayEquals(
        new int[] {bos, words.id("ab")}, tokenizer.encodePrompt("<bos>ab", new BitSet()));
    assertArrayEquals(new int[] {bos, words.id("ab")}, tokenizer.encodePrompt("ab", new BitSet()));
    var user = new BitSet();
    user.set(0, 5);
    int[] injected = tokenizer.encodePrompt("<bos>ab", user);
    assertEquals(bos, injected[0]);
    assertEquals(7, injected.length);
  }

  @Test
  void aPromptsUserTextMakesNoMarkerEvenWhereTheFileCallsItUserDefined() {
    var words = SmallVocabulary.bytePair("a b");
    int user = words.add("<|user|>", TokenType.USER_DEFINED, 0);
    int think = words.add("<think>", TokenType.USER_DEFINED, 0);
    var written = new BitSet();
    written.set(8, 23);
    int[] tokens = words.tokenizer().encodePrompt("<|user|><|user|><think>", written);
    assertEquals(user, tokens[0]);
    assertEquals(think, tokens[tokens.length - 1]);
    assertEquals(10, tokens.length);
  }

  @Test
  void halfASurrogatePairBecomesAReplacementCharacter() {
    ModelTokenizer tokenizer = SmallVocabulary.bytePair("a b").tokenizer();
    assertEquals("x\uFFFDy", tokenizer.decode(tokenizer.encode("x\uD83Dy", false, false), false));
    assertEquals("\uFFFD", tokenizer.decode(tokenizer.encode("\uDE00", false, false), false));
    assertEquals("👍", tokenizer.decode(tokenizer.encode("👍", false, false), false));
  }

  @Test
  void aStreamGivesACharacterWithItsLastByte() {
    ModelTokenizer tokenizer = SmallVocabulary.bytePair("a b").tokenizer();
    int[] ids = tokenizer.encode("é👍!", false, false);
    var stream = tokenizer.stream();
    var parts = new java.util.ArrayList<String>();
    for (int id : ids) {
      parts.add(stream.append(id));
    }
    assertEquals(java.util.List.of("", "é", "", "", "", "👍", "!"), parts);
    assertEquals("", stream.finish());
  }

  @Test
  void aStreamThatEndsInsideACharacterSaysSo() {
    ModelTokenizer tokenizer = SmallVocabulary.bytePair("a b").tokenizer();
    var stream = tokenizer.stream();
    int[] ids = tokenizer.encode("👍", false, false);
    assertEquals("", stream.append(ids[0]) + stream.append(ids[1]));
    assertEquals("\uFFFD", stream.finish());
    assertEquals("a", stream.append(tokenizer.encode("a", false, false)[0]));
  }

  @Test
  void sentencePieceJoinsTheHighestScoreFirstAndFallsBackToBytes() {
    var words = SmallVocabulary.sentencePiece();
    for (String token : new String[] {"▁", "a", "b", "c"}) {
      words.add(token, TokenType.NORMAL, -10);
    }
    int ab = words.add("ab", TokenType.NORMAL, -3);
    int bc = words.add("bc", TokenType.NORMAL, -2);
    int spaceA = words.add("▁a", TokenType.NORMAL, -1);
    ModelTokenizer tokenizer = words.tokenizer();
    assertArrayEquals(new int[] {1, spaceA, bc}, tokenizer.encode("abc", true, false));
    assertArrayEquals(
        new int[] {words.id("▁"), words.id("<0xC3>"), words.id("<0xA9>"), words.id("c")},
        tokenizer.encode("éc", false, false));
    assertEquals("éc abc", tokenizer.decode(tokenizer.encode("éc abc", false, false), false));
    assertEquals("abc", tokenizer.decode(tokenizer.encode("abc", true, false), false));
    words.flags.put("add_space_prefix", false);
    assertArrayEquals(new int[] {ab, ab}, words.tokenizer().encode("abab", false, false));
  }

  @Test
  void malformedVocabulariesAreRefusedByName() {
    var types = SmallVocabulary.bytePair("a b");
    types.types.removeLast();
    refused(types, "token_type has 256 entries for 257 tokens");
    var merge = SmallVocabulary.bytePair("a b");
    merge.merges.add("q zz");
    refused(merge, "names \"zz\"");
    var id = SmallVocabulary.bytePair("a b");
    id.ids.put("bos_token_id", 5000L);
    refused(id, "bos_token_id is 5000; the vocabulary has ids 0 to 256");
    var empty = new SmallVocabulary();
    empty.merges.add("a b");
    refused(empty, "tokenizer.ggml.tokens is missing or empty");
    var pre = SmallVocabulary.bytePair("a b");
    pre.pre = "klingon";
    refused(pre, "is \"klingon\"; supported are a.x-4.0, bailingmoe");
    var model = SmallVocabulary.bytePair("a b");
    model.model = "t5";
    refused(model, "is \"t5\"; supported are gpt2");
    var bytes = new SmallVocabulary();
    bytes.add("word", TokenType.NORMAL, 0);
    bytes.add("xy", TokenType.NORMAL, 0);
    bytes.merges.add("word xy");
    refused(bytes, "no single-byte token");
  }

  private static void refused(SmallVocabulary vocabulary, String message) {
    var failure = assertThrows(ModelLoadException.class, vocabulary::tokenizer);
    String text = String.valueOf(failure.getMessage());
    assertTrue(text.startsWith("small.gguf: ") && text.contains(message), text);
  }

  @Test
  void aTokensBytesAreItsShareOfTheText() {
    var words = SmallVocabulary.bytePair("\u00C3 \u00A9");
    int end = words.control("<|im_end|>");
    ModelTokenizer tokenizer = words.tokenizer();
    assertArrayEquals(
        "é".getBytes(StandardCharsets.UTF_8), tokenizer.bytes(words.id("\u00C3\u00A9")));
    assertEquals(0, tokenizer.bytes(end).length);
    assertThrows(IndexOutOfBoundsException.class, () -> tokenizer.bytes(9999));
  }

  @Test
  void textsThatEndATurnDoSoWhateverTheirTypeButUserDefinedStrikethroughIsHtml() {
    for (String text : java.util.List.of("[EOS]", "<eos>", "[e~[", "</s>")) {
      var words = SmallVocabulary.bytePair("a b");
      int id = words.add(text, TokenType.NORMAL, 0);
      assertTrue(words.tokenizer().endsGeneration(id), text);
    }
    var gemma = SmallVocabulary.bytePair("a b");
    int struck = gemma.add("</s>", TokenType.USER_DEFINED, 0);
    assertFalse(gemma.tokenizer().endsGeneration(struck));
  }

  @Test
  void aMessagesEndIsNoTurnsEndWhereOtherTokensFlush() {
    var words = SmallVocabulary.bytePair("a b");
    int end = words.control("<|end|>");
    assertTrue(words.tokenizer().endsGeneration(end));
    int flush = words.control("<|flush|>");
    words.control("<|calls|>");
    assertFalse(words.tokenizer().endsGeneration(end));
    assertTrue(words.tokenizer().endsGeneration(flush));
  }
}
