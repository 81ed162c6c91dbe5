package org.millrace.webapi.tool;

import java.util.List;

/**
 * How calls come out of a model's text.
 *
 * @param form of the text
 * @param names of the functions that may be called
 * @param several whether there may be more than one call
 */
public record ToolUse(Form form, List<String> names, boolean several) {
  /** No tools, or none to be called. */
  public static final ToolUse NONE = new ToolUse(Form.NONE, List.of(), false);

  /** What the text is. */
  public enum Form {
    /** Text. */
    NONE,
    /** Text, in which the model may have written calls in its own way. */
    FREE,
    /** Nothing but calls, each naming its function. */
    CALLS,
    /** Nothing but the arguments of the one function. */
    ARGUMENTS
  }

  /** Whether the text must be a call. */
  public boolean isForced() {
    return form == Form.CALLS || form == Form.ARGUMENTS;
  }
}
