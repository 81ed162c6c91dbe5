package org.millrace.demomodel.evaluation;

import java.util.List;
import org.millrace.demomodel.corpus.Message;

/** Something that answers a conversation: the trainer's own forward pass, or an engine. */
@FunctionalInterface
public interface Respondent {

  /**
   * What was answered.
   *
   * @param text the answer
   * @param ended whether the turn was ended by its end token, not by the limit
   */
  record Reply(String text, boolean ended) {}

  /** Answers with the likeliest tokens, at most {@code tokensMax}. */
  Reply reply(List<Message> messages, int tokensMax);
}
