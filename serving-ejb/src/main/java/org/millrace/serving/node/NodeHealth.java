package org.millrace.serving.node;

import java.util.ArrayList;
import java.util.List;
import org.millrace.serving.batch.ModelReplicas;
import org.millrace.serving.batch.Replica;
import org.millrace.serving.model.ModelRegistry;

/**
 * Whether a node serves what it is configured to.
 *
 * @param reasons why it does not; empty while each model has a replica that serves
 * @param lost replicas that were given up while others of their model serve
 */
public record NodeHealth(List<String> reasons, List<String> lost) {

  /**
   * @param starting whether models may still be missing, and the gate still be closed
   */
  static NodeHealth of(ServingNode node, boolean starting) {
    List<String> reasons = new ArrayList<>();
    List<String> lost = new ArrayList<>();
    for (ModelRegistry.Failed failed : node.registry().failed()) {
      reasons.add("model %s: %s".formatted(failed.name(), failed.reason()));
    }
    for (ModelReplicas model : node.models()) {
      boolean serves = model.leastBusy().isPresent();
      for (Replica replica : model.all()) {
        if (replica.failed() != null && !node.roster().isLeaving(model.model())) {
          (serves ? lost : reasons)
              .add("model %s: %s".formatted(replica.model(), replica.failed()));
        }
      }
    }
    if (!starting && node.registry().list().isEmpty()) {
      reasons.add(
          node.roster().away().isEmpty()
              ? "no model is served; set millrace.models"
              : "every model was taken out of service");
    }
    if (!starting && !node.gate().isOpen()) {
      reasons.add(String.valueOf(node.gate().reason()));
    }
    return new NodeHealth(List.copyOf(reasons), List.copyOf(lost));
  }
}
