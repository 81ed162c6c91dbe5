package org.millrace.inference.api;

/** Renders conversations with a model's chat template. Thread-safe. */
public interface ChatEncoder {
  /**
   * Whether the file brings a template; where it does not, a plain {@code role: content} form is
   * used.
   */
  boolean hasTemplate();

  /**
   * The prompt as text, as the template writes it.
   *
   * @throws InvalidRequestException when the template refuses the conversation (its {@code
   *     raise_exception}) or takes too long
   */
  String render(Conversation conversation);

  /**
   * The prompt as token ids. Special tokens come from the template alone: the text of a special
   * token inside a message stays text.
   *
   * @throws InvalidRequestException as {@link #render}
   */
  int[] encode(Conversation conversation);
}
