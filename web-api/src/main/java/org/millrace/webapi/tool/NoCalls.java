package org.millrace.webapi.tool;

import java.util.List;

/** All is text. */
final class NoCalls implements CallReader {
  @Override
  public List<AnswerPart> add(String text) {
    return List.of(new AnswerPart.Text(text));
  }

  @Override
  public List<AnswerPart> end() {
    return List.of();
  }
}
