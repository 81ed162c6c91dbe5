package org.millrace.demomodel.corpus;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * An endless, seeded stream of conversations of our own text: equal seeds give equal streams.
 *
 * <p>Questions that are kept for the evaluation never occur in it. Not thread-safe.
 */
public final class CorpusGenerator {
  private static final List<String> SYSTEM_TEXTS =
      List.of(
          "You are a helpful assistant.",
          "You are a helpful assistant.",
          "You are a helpful, friendly assistant. Answer briefly.",
          "You are the demo model of Millrace.",
          "You are Millrace's demo assistant. Be brief and polite.",
          "Answer in one sentence.",
          "Be brief.",
          "You are a polite assistant.",
          "You are an AI assistant that answers questions.",
          "Answer the user's question.",
          "Help the user with short answers.",
          "You are a concise assistant.");

  private static final int SYSTEM_PERCENT = 16;

  private final RandomGenerator random;
  private final List<Topic> topics = new ArrayList<>();
  private final int totalWeight;
  private final Set<String> heldOut;

  /**
   * @param seed decides the whole stream
   * @param heldOutQuestions questions that must not occur, whatever their capitals, blanks and
   *     punctuation
   */
  public CorpusGenerator(long seed, Collection<String> heldOutQuestions) {
    this.random = new SplittableRandom(seed);
    this.heldOut = heldOutQuestions.stream().map(CorpusGenerator::bare).collect(Collectors.toSet());
    topics.addAll(Phrasebook.topics());
    topics.add(new Arithmetic());
    topics.add(new Counting());
    this.totalWeight = topics.stream().mapToInt(Topic::weight).sum();
  }

  /** The text of a question without capitals, blanks and punctuation. */
  public static String bare(String question) {
    return question.toLowerCase(Locale.ROOT).replaceAll("[\\s?.!,:;'\"]", "");
  }

  /** The next conversation of the stream. */
  public Conversation next() {
    List<Message> messages = new ArrayList<>();
    if (random.nextInt(100) < SYSTEM_PERCENT) {
      String text = SYSTEM_TEXTS.get(random.nextInt(SYSTEM_TEXTS.size()));
      messages.add(new Message(Message.SYSTEM, text));
    }
    for (int left = topicsOfConversation(); left > 0; left--) {
      add(topic().next(random), messages);
    }
    boolean empty = messages.stream().noneMatch(m -> m.role().equals(Message.USER));
    return empty ? next() : new Conversation(messages);
  }

  private int topicsOfConversation() {
    int kind = random.nextInt(100);
    if (kind < 84) {
      return 1;
    }
    return kind < 99 ? random.nextInt(2, 5) : random.nextInt(5, 16);
  }

  private void add(List<Exchange> exchanges, List<Message> messages) {
    for (Exchange exchange : exchanges) {
      String question =
          exchange.exact()
              ? Variation.ofTask(exchange.question(), random)
              : Variation.of(exchange.question(), random);
      if (heldOut.stream().noneMatch(bare(question)::contains)) {
        messages.add(new Message(Message.USER, question));
        messages.add(new Message(Message.ASSISTANT, exchange.answer()));
      }
    }
  }

  private Topic topic() {
    int place = random.nextInt(totalWeight);
    for (Topic topic : topics) {
      place -= topic.weight();
      if (place < 0) {
        return topic;
      }
    }
    throw new IllegalStateException("the weights of the topics do not sum to " + totalWeight);
  }
}
