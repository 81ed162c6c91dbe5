package org.millrace.inference.api;

import org.jspecify.annotations.Nullable;

/**
 * A model file that cannot be used. The message names the file, what is wrong with it, and what is
 * supported.
 */
public final class ModelLoadException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ModelLoadException(String message) {
    super(message);
  }

  public ModelLoadException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
