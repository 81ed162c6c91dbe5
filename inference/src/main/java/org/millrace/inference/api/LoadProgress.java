package org.millrace.inference.api;

/** Watches a model being loaded. Called by the thread that loads it. */
@FunctionalInterface
public interface LoadProgress {
  /** Does not look. */
  LoadProgress UNWATCHED = (_, _) -> {};

  /**
   * So much of the weights is where it will be used.
   *
   * @throws java.util.concurrent.CancellationException to give the loading up; everything that was
   *     taken for it is then given back
   */
  void loaded(long bytes, long bytesTotal);
}
