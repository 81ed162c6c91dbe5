package org.millrace.console.session;

/** The person's roles do not allow it. The message says which would. */
public final class NotAllowedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NotAllowedException(String message) {
    super(message);
  }
}
