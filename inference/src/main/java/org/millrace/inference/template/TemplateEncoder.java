package org.millrace.inference.template;

import org.millrace.inference.api.ChatEncoder;
import org.millrace.inference.api.Conversation;
import org.millrace.inference.template.jinja.Text;
import org.millrace.inference.tokenizer.ModelTokenizer;

/**
 * Renders, then encodes the whole text at once, so that merges across a message's edges are those
 * of plain encoding. A control token is only made of characters that the template wrote. Immutable,
 * thread-safe.
 */
record TemplateEncoder(ChatTemplate template, boolean hasTemplate, ModelTokenizer tokenizer)
    implements ChatEncoder {

  @Override
  public String render(Conversation conversation) {
    return template.render(conversation).value();
  }

  @Override
  public int[] encode(Conversation conversation) {
    Text prompt = template.render(conversation);
    return tokenizer.encodePrompt(prompt.value(), prompt.userCharacters());
  }
}
