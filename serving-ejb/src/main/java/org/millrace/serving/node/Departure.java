package org.millrace.serving.node;

import java.util.List;
import org.millrace.serving.batch.ModelReplicas;
import org.millrace.serving.batch.Replica;
import org.millrace.serving.request.RequestBook;
import org.millrace.serving.request.ServedRequest;

/**
 * A model on its way out of service: who is in admission comes through or is refused, what waits or
 * runs ends or is ended, the loops end. One thread's.
 */
public final class Departure {
  private final ModelReplicas model;
  private final RequestBook book;
  private final long graceEndsMillis;

  Departure(ModelReplicas model, RequestBook book, long graceEndsMillis) {
    this.model = model;
    this.book = book;
    this.graceEndsMillis = graceEndsMillis;
  }

  /** The model's name. */
  public String model() {
    return model.model();
  }

  /** Does what is to be done next; true once nothing uses the model any more. */
  public boolean step(long nowMillis) {
    if (model.entering() > 0) {
      return false;
    }
    if (!open(book, model()).isEmpty()) {
      if (nowMillis >= graceEndsMillis) {
        model.all().forEach(replica -> replica.retire("the model was taken out of service"));
      }
      return false;
    }
    model.all().forEach(Replica::stop);
    return model.all().stream().noneMatch(Replica::isLooping);
  }

  /** A model's requests that wait or run. */
  static List<ServedRequest> open(RequestBook book, String model) {
    return book.open().stream().filter(request -> request.spec().model().equals(model)).toList();
  }
}
