package org.millrace.webapi.tool;

import java.util.List;

/** All is arguments of one call. */
final class ForcedArguments implements CallReader {
  private final String function;
  private boolean started;

  ForcedArguments(String function) {
    this.function = function;
  }

  @Override
  public List<AnswerPart> add(String text) {
    if (text.isEmpty()) {
      return List.of();
    }
    var arguments = new AnswerPart.Arguments(0, text);
    if (started) {
      return List.of(arguments);
    }
    started = true;
    return List.of(new AnswerPart.Start(0, function), arguments);
  }

  @Override
  public List<AnswerPart> end() {
    return List.of();
  }
}
