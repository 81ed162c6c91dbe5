package org.millrace.serving.queue;

import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.request.ServedRequest;

/** In order of arrival: nobody is overtaken, so nobody starves. */
public final class FirstComeFirstServed implements QueuePolicy {
  private final TreeSet<ServedRequest> requests =
      new TreeSet<>(Comparator.comparingLong(request -> request.terms().ticket()));

  @Override
  public void add(ServedRequest request) {
    requests.add(request);
  }

  @Override
  public @Nullable ServedRequest head() {
    return requests.isEmpty() ? null : requests.first();
  }

  @Override
  public void remove(ServedRequest request) {
    requests.remove(request);
  }

  @Override
  public Collection<ServedRequest> waiting() {
    return Collections.unmodifiableSet(requests);
  }
}
