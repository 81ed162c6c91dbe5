package org.millrace.demomodel.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.millrace.demomodel.bpe.BpeTrainer;
import org.millrace.demomodel.bpe.Vocabulary;
import org.millrace.demomodel.corpus.Conversation;
import org.millrace.demomodel.corpus.Message;

class SampleTest {
  private final Vocabulary vocabulary = new BpeTrainer().train(300);
  private final Message question = new Message(Message.USER, "Why?");
  private final Message answer = new Message(Message.ASSISTANT, "So.");

  @Test
  void onlyTheAnswerAndTheEndOfItsTurnAreTaught() {
    Sample sample = Sample.of(new Conversation(List.of(question, answer)), vocabulary);
    int[] taught =
        IntStream.range(0, sample.length())
            .filter(i -> sample.taught()[i])
            .map(i -> sample.tokens()[i])
            .toArray();
    int[] expected = Arrays.copyOf(vocabulary.encode("So."), 4);
    expected[3] = vocabulary.special(Vocabulary.END_OF_TURN);
    assertArrayEquals(expected, taught);
  }

  @Test
  void aPromptIsTheBeginOfTheConversationThatWasTrainedOn() {
    Sample sample = Sample.of(new Conversation(List.of(question, answer)), vocabulary);
    int[] prompt = Sample.prompt(List.of(question), vocabulary);
    assertArrayEquals(prompt, Arrays.copyOf(sample.tokens(), prompt.length));
    assertEquals(vocabulary.special(Vocabulary.BEGIN_OF_TEXT), prompt[0]);
  }
}
