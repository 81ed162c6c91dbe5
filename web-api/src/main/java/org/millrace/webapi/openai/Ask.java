package org.millrace.webapi.openai;

import java.util.List;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.webapi.tool.ToolUse;

/**
 * A request body, understood.
 *
 * @param request what serving is asked for
 * @param stream events instead of one answer
 * @param includeUsage a last event with the usage
 * @param echoes per prompt the text that opens each of its choices; empty where nothing is echoed
 * @param tools how tool calls come out of the model's text
 */
public record Ask(
    CompletionRequest request,
    boolean stream,
    boolean includeUsage,
    List<String> echoes,
    ToolUse tools) {

  /** Choices of the whole request: prompts times choices per prompt. */
  public int choicesTotal() {
    return request.prompts().size() * request.choices();
  }

  /** What opens the text of a choice. */
  public String echo(int choice) {
    return echoes.isEmpty() ? "" : echoes.get(choice / request.choices());
  }
}
