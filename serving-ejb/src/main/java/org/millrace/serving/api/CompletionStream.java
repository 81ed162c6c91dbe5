package org.millrace.serving.api;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a request produces, pulled by its reader; bounded, so that a slow reader slows its own
 * sequence and no other.
 */
public interface CompletionStream extends AutoCloseable {
  String requestId();

  /** Prompt tokens of the request, all prompts together. */
  int promptTokens();

  /**
   * Waits for the next event.
   *
   * @return {@code null} where none came within {@code timeout}; after {@link
   *     CompletionEvent.Completed} or {@link CompletionEvent.Failed} nothing more comes
   */
  @Nullable CompletionEvent next(Duration timeout) throws InterruptedException;

  /**
   * The reader is gone: generation stops at the next step and what was generated is settled. Safe
   * to call at any time, more than once.
   */
  void cancel();

  /** Cancels what still runs. */
  @Override
  void close();
}
