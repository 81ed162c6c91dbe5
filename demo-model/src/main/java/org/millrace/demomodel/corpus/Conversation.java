package org.millrace.demomodel.corpus;

import java.util.List;

/**
 * A whole conversation: perhaps a system message, then user and assistant in turn.
 *
 * @param messages in order; at least one user and one assistant message
 */
public record Conversation(List<Message> messages) {
  public Conversation {
    messages = List.copyOf(messages);
  }
}
