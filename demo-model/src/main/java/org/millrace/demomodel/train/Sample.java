package org.millrace.demomodel.train;

import java.util.ArrayList;
import java.util.List;
import org.millrace.demomodel.bpe.Vocabulary;
import org.millrace.demomodel.corpus.Conversation;
import org.millrace.demomodel.corpus.Message;

/**
 * A conversation as token ids, rendered as the chat template of the exported file renders it.
 *
 * @param tokens all ids, from begin-of-text to the last end-of-turn
 * @param taught for each token whether the model is taught to say it: what the assistant says, and
 *     the end of its turns
 */
public record Sample(int[] tokens, boolean[] taught) {

  /** Renders a whole conversation. */
  public static Sample of(Conversation conversation, Vocabulary vocabulary) {
    var builder = new Builder(vocabulary);
    for (Message message : conversation.messages()) {
      builder.header(message.role());
      boolean assistant = message.role().equals(Message.ASSISTANT);
      builder.body(message.text(), assistant);
    }
    return builder.build();
  }

  /** Renders the messages and the header of the answer that is to follow. */
  public static int[] prompt(List<Message> messages, Vocabulary vocabulary) {
    var builder = new Builder(vocabulary);
    for (Message message : messages) {
      builder.header(message.role());
      builder.body(message.text(), false);
    }
    builder.header(Message.ASSISTANT);
    builder.add(vocabulary.encode("\n\n"), false);
    return builder.build().tokens();
  }

  int length() {
    return tokens.length;
  }

  private static final class Builder {
    private final Vocabulary vocabulary;
    private final List<Integer> tokens = new ArrayList<>();
    private final List<Boolean> taught = new ArrayList<>();

    Builder(Vocabulary vocabulary) {
      this.vocabulary = vocabulary;
      add(Vocabulary.BEGIN_OF_TEXT, false);
    }

    void header(String role) {
      add(Vocabulary.START_HEADER, false);
      add(vocabulary.encode(role), false);
      add(Vocabulary.END_HEADER, false);
    }

    void body(String text, boolean taught) {
      int[] blank = vocabulary.encode("\n\n");
      int[] all = vocabulary.encode("\n\n" + text.strip());
      for (int i = 0; i < all.length; i++) {
        add(all[i], taught && i >= blank.length);
      }
      add(Vocabulary.END_OF_TURN, taught);
    }

    void add(String special, boolean taught) {
      add(vocabulary.special(special), taught);
    }

    void add(int[] ids, boolean taught) {
      for (int id : ids) {
        add(id, taught);
      }
    }

    private void add(int id, boolean isTaught) {
      tokens.add(id);
      taught.add(isTaught);
    }

    Sample build() {
      var flags = new boolean[taught.size()];
      for (int i = 0; i < flags.length; i++) {
        flags[i] = taught.get(i);
      }
      return new Sample(tokens.stream().mapToInt(Integer::intValue).toArray(), flags);
    }
  }
}
