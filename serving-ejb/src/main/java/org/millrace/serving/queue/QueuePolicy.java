package org.millrace.serving.queue;

import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.millrace.serving.request.ServedRequest;

/** Who is next. Used by the engine thread alone. */
public interface QueuePolicy {
  void add(ServedRequest request);

  /** The request to start next; it stays in the queue. {@code null} where none waits. */
  @Nullable ServedRequest head();

  void remove(ServedRequest request);

  /** All that wait, in no particular order; a view that must not change while it is walked. */
  Collection<ServedRequest> waiting();
}
