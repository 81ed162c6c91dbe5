package org.millrace.webapi.tool;

/** A piece of an answer, as it becomes known. */
public sealed interface AnswerPart {
  /** Text for the reader. */
  record Text(String text) implements AnswerPart {}

  /**
   * A call begins.
   *
   * @param call its number within the answer, from 0
   */
  record Start(int call, String function) implements AnswerPart {}

  /** More of a call's arguments, which are JSON as the model wrote it. */
  record Arguments(int call, String json) implements AnswerPart {}
}
