package org.millrace.webapi.tool;

import java.util.List;

/**
 * Finds calls in one answer's text while it comes. What is given out is never taken back. For one
 * thread.
 */
public interface CallReader {
  /** The reader for texts of that form. */
  static CallReader of(ToolUse use) {
    return switch (use.form()) {
      case NONE -> new NoCalls();
      case FREE -> new WrittenCalls(use);
      case CALLS -> new ForcedCalls();
      case ARGUMENTS -> new ForcedArguments(use.names().getFirst());
    };
  }

  /** What is known with this piece of text; often nothing, sometimes several parts. */
  List<AnswerPart> add(String text);

  /** What was held back because it could have become a call. */
  List<AnswerPart> end();
}
