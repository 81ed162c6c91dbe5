package org.millrace.inference.api;

/**
 * Something a caller asked for that the engine refuses: a parameter out of range, a conversation
 * the template rejects.
 */
public final class InvalidRequestException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final String parameter;

  /**
   * @param parameter the parameter's name as OpenAI's API has it, e.g. {@code temperature}
   * @param message names the value and the limit
   */
  public InvalidRequestException(String parameter, String message) {
    super(message);
    this.parameter = parameter;
  }

  public String parameter() {
    return parameter;
  }
}
