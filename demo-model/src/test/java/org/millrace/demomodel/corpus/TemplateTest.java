package org.millrace.demomodel.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TemplateTest {
  private final WordLists lists = new WordLists(List.of("@animal = owl, fox", "@age = 1..3"));

  @Test
  void everyChoiceIsMadeSometimesAndChoicesNest() {
    var template = new Template("(C|B(1|2)) end");
    var random = new SplittableRandom(1);
    Set<String> seen =
        IntStream.range(0, 200)
            .mapToObj(i -> template.fill(new HashMap<>(), lists, random))
            .collect(Collectors.toSet());
    assertEquals(Set.of("C end", "B1 end", "B2 end"), seen);
  }

  @Test
  void aSlotKeepsItsValueWithinOneExchange() {
    Map<String, String> slots = new HashMap<>();
    var random = new SplittableRandom(2);
    String question = new Template("$animal").fill(slots, lists, random);
    for (int i = 0; i < 20; i++) {
      assertEquals(question, new Template("$animal").fill(slots, lists, random));
    }
  }

  @Test
  void articlesFitTheNextWordAndSentencesBeginWithACapital() {
    var slots = new HashMap<>(Map.of("animal", "owl"));
    assertEquals(
        "Is it an owl?",
        new Template("is it a $animal?").fill(slots, lists, new SplittableRandom(3)));
  }

  @Test
  void rangesAreInclusiveAndUnknownSlotsAreNamed() {
    var random = new SplittableRandom(4);
    Set<String> seen =
        IntStream.range(0, 100)
            .mapToObj(i -> lists.pick("age", random))
            .collect(Collectors.toSet());
    assertEquals(Set.of("1", "2", "3"), seen);
    var error = assertThrows(IllegalArgumentException.class, () -> lists.pick("nothing", random));
    assertTrue(String.valueOf(error.getMessage()).contains("$nothing"));
  }
}
