package org.millrace.console.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.millrace.console.fake.FakeServing;
import org.millrace.serving.api.ServingStatus.ReplicaView;

class LoadHistoryTest {
  private final FakeServing serving = new FakeServing();
  private final LoadHistory history = new LoadHistory();

  LoadHistoryTest() {
    history.status = serving;
  }

  private static ReplicaView replica(int running, double tokensPerSecond) {
    return new ReplicaView(
        "m", "CPU", "vector", "serving", running, 0, 1, 10, tokensPerSecond, 1, "");
  }

  @Test
  void aSampleAddsUpAllReplicas() {
    serving.replicas = List.of(replica(2, 10.5), replica(3, 4.5));
    serving.queuedRequests = 7;
    history.sample();
    LoadSample sample = history.samples().getFirst();
    assertEquals(15.0, sample.tokensPerSecond());
    assertEquals(5, sample.runningSequences());
    assertEquals(7, sample.queuedRequests());
  }

  @Test
  void onlyTheLastFiveMinutesAreKept() {
    for (int i = 0; i < LoadHistory.SAMPLES_MAX + 20; i++) {
      serving.queuedRequests = i;
      history.sample();
    }
    assertEquals(LoadHistory.SAMPLES_MAX, history.samples().size());
    assertEquals(20, history.samples().getFirst().queuedRequests());
  }

  @Test
  void aFailingEngineLeavesAGapAndDoesNotStopTheSampling() {
    history.sample();
    serving.broken = true;
    history.sample();
    serving.broken = false;
    history.sample();
    assertEquals(2, history.samples().size());
  }
}
