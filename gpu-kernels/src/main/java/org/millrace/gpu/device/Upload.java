package org.millrace.gpu.device;

import org.millrace.inference.api.LoadProgress;

/** How much of a model's weights has been brought to all of its devices. One thread at a time. */
public final class Upload {
  private final LoadProgress progress;
  private final long bytesTotal;
  private long bytes;

  /**
   * @param bytesTotal of all tensors as the file has them; a tensor that is needed on two devices
   *     counts twice
   */
  public Upload(LoadProgress progress, long bytesTotal) {
    this.progress = progress;
    this.bytesTotal = bytesTotal;
  }

  /** One that nobody watches. */
  public static Upload unwatched() {
    return new Upload(LoadProgress.UNWATCHED, 0);
  }

  /**
   * So many more bytes are there.
   *
   * @throws java.util.concurrent.CancellationException when the watcher gives the loading up
   */
  void brought(long more) {
    bytes += more;
    progress.loaded(Math.min(bytes, bytesTotal), bytesTotal);
  }
}
