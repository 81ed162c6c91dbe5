package org.millrace.demomodel.bpe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class VocabularyTest {
  private static final String TEXT =
      "The water runs to the wheel, and the wheel turns the mill. The mill's water: 2026 wheels!\n\n";

  @Test
  void anyTextComesBackFromItsTokens() {
    Vocabulary vocabulary = trained(400);
    for (String text :
        List.of(TEXT, "", " ", "\n \n", "Mühlgraben 水車 🦦", "  two  spaces", "I'LL don't", "\t0")) {
      assertEquals(text, vocabulary.decode(vocabulary.encode(text)));
    }
  }

  @Test
  void frequentTextTakesFewerTokensThanBytes() {
    assertTrue(trained(400).encode(" water wheel").length <= 4);
  }

  @Test
  void everyDigitIsATokenOfItsOwn() {
    assertEquals(4, trained(400).encode("2026").length);
  }

  @Test
  void theMostFrequentPairIsMergedFirstAndTiesGoToTheSmallerIds() {
    var trainer = new BpeTrainer();
    trainer.add("abab cd");
    Vocabulary vocabulary = trainer.train(256 + 1 + Vocabulary.SPECIAL_TOKENS.size());
    assertEquals(List.of("a b"), vocabulary.mergeSpellings());
    assertArrayEquals(new int[] {256, 256}, vocabulary.encode("abab"));
  }

  @Test
  void aNameHasTheSameTokensBehindABlankAndBehindAQuotationMark() {
    var trainer = new BpeTrainer();
    for (int i = 0; i < 10; i++) {
      trainer.add("Then Theodor saw \"Theodor\" and the mill.");
    }
    Vocabulary vocabulary = trainer.train(400);
    int[] name = vocabulary.encode("Theodor");
    for (String mark : List.of(" ", "\"", "(")) {
      int[] marked = vocabulary.encode(mark + "Theodor");
      assertArrayEquals(name, Arrays.copyOfRange(marked, 1, marked.length));
    }
  }

  @Test
  void specialTokensHaveTheLastIdsAndNeverComeFromText() {
    Vocabulary vocabulary = trained(300);
    assertTrue(vocabulary.size() <= 300);
    int end = vocabulary.special(Vocabulary.END_OF_TURN);
    assertEquals(Vocabulary.END_OF_TURN, vocabulary.spellings().get(end));
    assertTrue(vocabulary.isSpecial(end));
    for (int id : vocabulary.encode(Vocabulary.END_OF_TURN)) {
      assertTrue(!vocabulary.isSpecial(id));
    }
    assertThrows(IllegalArgumentException.class, () -> vocabulary.special("<|none|>"));
  }

  @Test
  void noTwoTokensAreSpelledAlike() {
    List<String> spellings = trained(400).spellings();
    assertEquals(spellings.size(), new HashSet<>(spellings).size());
  }

  private static Vocabulary trained(int size) {
    var trainer = new BpeTrainer();
    for (int i = 0; i < 10; i++) {
      trainer.add(TEXT);
    }
    return trainer.train(size);
  }
}
