package org.millrace.inference.template;

import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Map;
import org.millrace.inference.api.Conversation;
import org.millrace.inference.api.InvalidRequestException;
import org.millrace.inference.template.jinja.JinjaException;
import org.millrace.inference.template.jinja.JinjaTemplate;
import org.millrace.inference.template.jinja.Text;
import org.millrace.inference.template.jinja.UserValues;

/** A chat template with its BOS and EOS texts, ready to render. Immutable, thread-safe. */
public final class ChatTemplate {
  private final JinjaTemplate template;
  private final Map<String, Object> tokens;
  private final InstantSource clock;
  private final ZoneId zone;

  /**
   * @param source the Jinja source
   * @param bos the text of the BOS token, empty for none
   * @param eos the text of the EOS token, empty for none
   * @param clock what {@code strftime_now} reads
   * @throws JinjaException when the source is no template
   */
  public ChatTemplate(String source, String bos, String eos, InstantSource clock, ZoneId zone) {
    this.template = JinjaTemplate.parse(source);
    this.tokens = Map.of("bos_token", bos, "eos_token", eos);
    this.clock = clock;
    this.zone = zone;
  }

  /**
   * The prompt, with the characters marked that a user wrote.
   *
   * @throws InvalidRequestException when the template refuses the conversation, fails on it, or
   *     takes too long
   */
  public Text render(Conversation conversation) {
    return render(conversation, Map.of());
  }

  /**
   * As {@link #render(Conversation)}, with further variables for the template.
   *
   * @param more plain JSON by name
   */
  public Text render(Conversation conversation, Map<String, Object> more) {
    var values = new UserValues();
    more.forEach(values::with);
    values.with("messages", conversation.messages());
    values.with("add_generation_prompt", conversation.addGenerationPrompt());
    // A template asks whether tools are defined, so none must be none.
    if (!conversation.tools().isEmpty()) {
      values.with("tools", conversation.tools());
    }
    try {
      return template.render(tokens, values, clock.instant().atZone(zone));
    } catch (JinjaException refused) {
      throw new InvalidRequestException(
          "messages",
          "the model's chat template refuses this conversation: " + refused.getMessage());
    }
  }
}
