package org.millrace.serving.request;

/**
 * A request's place among its tenant's and the server's counted requests. Never waits; each method
 * is called once.
 */
public interface Place {
  /** It waits no longer: its first sequence runs. */
  void started();

  /** It neither waits nor runs any more. */
  void left();
}
