package org.millrace.inference.api;

import org.jspecify.annotations.Nullable;

/**
 * A model file that cannot be used. The message names the file, what is wrong with it, and what is
 * supported; of a long one the midst is left out, because it quotes what a broken file says.
 */
public final class ModelLoadException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Chars kept at the beginning and at the end; the longest of our own words take half. */
  private static final int KEPT_CHARS = 1_200;

  public ModelLoadException(String message) {
    super(bounded(message));
  }

  public ModelLoadException(String message, @Nullable Throwable cause) {
    super(bounded(message), cause);
  }

  private static String bounded(String message) {
    return message.length() <= 2 * KEPT_CHARS
        ? message
        : message.substring(0, KEPT_CHARS)
            + " ... "
            + message.substring(message.length() - KEPT_CHARS);
  }
}
