package org.millrace.inference.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Where texts are cut. */
class PreTokenizerTest {
  private static PreTokenizer named(String name) {
    return Objects.requireNonNull(PreTokenizer.named(name));
  }

  private static List<String> pieces(String name, String text) {
    int[] cuts = named(name).cut(text).toArray();
    List<String> pieces = new ArrayList<>();
    for (int i = 0; i + 1 < cuts.length; i++) {
      pieces.add(text.substring(cuts[i], cuts[i + 1]));
    }
    return pieces;
  }

  @Test
  void casesAreToldApartInEveryScriptAndMarksBelongToTheirWord() {
    for (String name : List.of("tekken", "gpt-4o", "llama4", "kanana2", "minimax-m2", "talkie")) {
      assertEquals(List.of("camel", "Case"), pieces(name, "camelCase"), name);
      assertEquals(List.of("\u0434", "\u041E\u041C"), pieces(name, "\u0434\u041E\u041C"), name);
      assertEquals(List.of("e\u0301"), pieces(name, "e\u0301"), name);
    }
  }

  @Test
  void marksBelongToWordsWhereAnExpressionNamesThem() {
    assertEquals(List.of("e\u0301"), pieces("qwen35", "e\u0301"));
    assertEquals(List.of("e\u0301"), pieces("deepseek-v3", "e\u0301"));
  }

  @Test
  void lagunaKeepsLineBreaksApartAndWantsNoBos() {
    assertEquals(List.of("a", "!", "\n\n", "b", "1", "2"), pieces("laguna", "a!\n\nb12"));
    assertEquals(List.of("a", "!\n\n", "b", "12"), pieces("llama-bpe", "a!\n\nb12"));
    assertFalse(named("laguna").addBos());
    assertFalse(named("laguna").ignoreMerges());
  }

  @Test
  void digitsComeByThreesOrAloneAsTheNameSays() {
    assertEquals(List.of("1234"), pieces("gpt-2", "1234"));
    assertEquals(List.of("123", "4"), pieces("minicpm5", "1234"));
    assertEquals(List.of("1", "2", "3", "4"), pieces("ufakzeka", "1234"));
  }

  @Test
  void ufakzekaLeavesSuffixesAtTheirApostrophe() {
    assertEquals(List.of("Ali", "'de"), pieces("ufakzeka", "Ali'de"));
    assertEquals(List.of("Ali", "'d", "e"), pieces("qwen2", "Ali'de"));
  }

  @Test
  void anEmptyTextHasNoPiece() {
    assertArrayEquals(new int[] {0}, named("gpt-2").cut("").toArray());
  }
}
