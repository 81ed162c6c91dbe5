package org.millrace.db;

import org.jspecify.annotations.Nullable;

/**
 * The database cannot be brought to the shape of this version. The message says why and what to do.
 */
public final class MigrationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MigrationException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
