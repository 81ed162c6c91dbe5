package org.millrace.serving.api;

import org.millrace.tenancy.api.Caller;

/** The way in: admission, queue, engine, meter. */
public interface Completions {
  /**
   * Admits a request: checks it, places the hold, queues its sequences. Returns at once; the stream
   * gives the tokens.
   *
   * @throws ServingException when it is refused; nothing is then held or billed
   */
  CompletionStream submit(Caller caller, CompletionRequest request);
}
