package org.millrace.console.live;

import java.time.Instant;
import org.millrace.serving.api.ServingStatus.ReplicaView;
import org.millrace.serving.api.ServingStatus.Snapshot;

/** Load at one moment, all replicas together. */
public record LoadSample(
    Instant at, double tokensPerSecond, int queuedRequests, int runningSequences) {

  public static LoadSample of(Snapshot snapshot) {
    double tokensPerSecond =
        snapshot.replicas().stream().mapToDouble(ReplicaView::tokensPerSecond).sum();
    int running = snapshot.replicas().stream().mapToInt(ReplicaView::runningSequences).sum();
    return new LoadSample(snapshot.at(), tokensPerSecond, snapshot.queuedRequests(), running);
  }
}
