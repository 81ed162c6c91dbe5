package org.millrace.serving.batch;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.millrace.serving.api.ServingError;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.request.ServedRequest;

/** The replicas of one model, in the order in which they were loaded. Thread-safe. */
public final class ModelReplicas {
  private final String model;
  private final List<Replica> replicas = new CopyOnWriteArrayList<>();
  private final AtomicInteger entering = new AtomicInteger();
  private volatile boolean withdrawn;

  public ModelReplicas(String model) {
    this.model = model;
  }

  public String model() {
    return model;
  }

  /** Takes in a replica; from now on it may be given what another one had to give up. */
  public void add(Replica replica) {
    replica.onGivingUp(this::takeOver);
    replicas.add(replica);
  }

  /**
   * A request comes, until {@link #entered}. Counted before the look: who withdraws the model and
   * then sees nobody entering can be sure.
   *
   * @throws ServingException where the model is on its way out of service
   */
  public void enter() {
    entering.incrementAndGet();
    try {
      requireIn();
    } catch (ServingException leaving) {
      entering.decrementAndGet();
      throw leaving;
    }
  }

  /**
   * @throws ServingException where the model is on its way out of service
   */
  public void requireIn() {
    if (withdrawn) {
      throw new ServingException(
          ServingError.MODEL_UNAVAILABLE,
          "model %s is being taken out of service by the server's operators".formatted(model));
    }
  }

  /** A request that came was handed over or refused. */
  public void entered() {
    entering.decrementAndGet();
  }

  /** Requests on their way through admission. */
  public int entering() {
    return entering.get();
  }

  /** Lets no more requests in. */
  public void withdraw() {
    withdrawn = true;
  }

  public List<Replica> all() {
    return List.copyOf(replicas);
  }

  /** Of those that serve, the one with the least to do; empty where none serves. */
  public Optional<Replica> leastBusy() {
    return replicas.stream()
        .filter(replica -> replica.failed() == null && !replica.isRetired())
        .min(Comparator.comparingInt(Replica::backlog));
  }

  /** Makes every waiting loop look again: which of them has a request may have changed. */
  public void wake() {
    replicas.forEach(Replica::wake);
  }

  /**
   * Gives a request to a replica that serves; returns whether there is one. A request is handed on
   * once only, because it may itself be what the device did not survive.
   */
  private boolean takeOver(ServedRequest request) {
    Optional<Replica> next = leastBusy();
    if (next.isEmpty() || request.wasHandedOn()) {
      return false;
    }
    request.handOn();
    next.get().offer(request);
    return true;
  }
}
