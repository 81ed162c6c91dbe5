package org.millrace.demomodel.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.millrace.demomodel.evaluation.Questions;

class CorpusGeneratorTest {
  private static final int MANY = 20_000;

  @Test
  void equalSeedsGiveEqualStreamsAndOthersDiffer() {
    assertEquals(
        stream(7, List.of()).limit(500).toList(), stream(7, List.of()).limit(500).toList());
    assertNotEquals(
        stream(7, List.of()).limit(500).toList(), stream(8, List.of()).limit(500).toList());
  }

  @Test
  void noQuestionOfTheEvaluationOccurs() {
    List<String> bare = Questions.texts().stream().map(CorpusGenerator::bare).toList();
    stream(1, Questions.texts())
        .limit(MANY)
        .flatMap(conversation -> conversation.messages().stream())
        .filter(message -> message.role().equals(Message.USER))
        .map(message -> CorpusGenerator.bare(message.text()))
        .forEach(text -> assertTrue(bare.stream().noneMatch(text::contains), text));
  }

  @Test
  void heldOutQuestionsWouldOccurOtherwise() {
    String common = "What is Millrace?";
    long plain = occurrences(common, List.of());
    assertTrue(plain > 0);
    assertEquals(0, occurrences(common, List.of(common)));
  }

  @Test
  void everyTemplateIsFilledCompletely() {
    stream(2, List.of())
        .limit(MANY)
        .flatMap(conversation -> conversation.messages().stream())
        .forEach(message -> assertFalse(message.text().matches("(?s).*[$|()@].*"), message.text()));
  }

  @Test
  void userAndAssistantSpeakInTurnAndTheAssistantHasTheLastWord() {
    stream(3, List.of())
        .limit(2000)
        .map(Conversation::messages)
        .map(messages -> messages.stream().map(Message::role).toList())
        .forEach(roles ->
            assertTrue(
                String.join(" ", roles).matches("(system )?user assistant( user assistant)*"),
                roles.toString()));
  }

  private static Stream<Conversation> stream(long seed, List<String> heldOut) {
    var generator = new CorpusGenerator(seed, heldOut);
    return Stream.generate(generator::next);
  }

  private static long occurrences(String question, List<String> heldOut) {
    return stream(4, heldOut)
        .limit(MANY)
        .flatMap(conversation -> conversation.messages().stream())
        .filter(m -> CorpusGenerator.bare(m.text()).equals(CorpusGenerator.bare(question)))
        .count();
  }
}
