package org.millrace.serving.ejb;

import jakarta.ejb.ConcurrencyManagement;
import jakarta.ejb.ConcurrencyManagementType;
import jakarta.ejb.EJB;
import jakarta.ejb.Local;
import jakarta.ejb.Singleton;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.time.Duration;
import java.util.Map;
import org.millrace.serving.api.ModelControl;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.AuditTrail;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;

/**
 * The models of this server's node. What is asked for is in the audit trail before it begins: no
 * row, no change.
 */
@Singleton
@Local(ModelControl.class)
@ConcurrencyManagement(ConcurrencyManagementType.BEAN)
@TransactionManagement(TransactionManagementType.BEAN)
public class ModelControlBean implements ModelControl {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private NodeBean node;

  @EJB
  @SuppressWarnings("NullAway.Init")
  private AuditTrail audit;

  @Override
  public void unload(Actor actor, String model, Duration grace) {
    requireAdmin(actor);
    node.nodeOrRefuse().requireModel(model);
    var details = Map.of("grace_seconds", Long.toString(grace.toSeconds()));
    audit.append(actor, null, "model.unload", model, details);
    node.unload(model, "taken out of service by " + actor.name(), grace);
  }

  @Override
  public void load(Actor actor, String model) {
    requireAdmin(actor);
    node.nodeOrRefuse().requireModel(model);
    audit.append(actor, null, "model.load", model, Map.of());
    node.load(model);
  }

  private static void requireAdmin(Actor actor) {
    if (!actor.has(Actor.PLATFORM_ADMIN) || actor.tenantId() != null) {
      throw new TenancyException(
          TenancyError.FORBIDDEN,
          "%s may not take models in or out of service with roles %s"
              .formatted(actor.name(), actor.roles().stream().sorted().toList()));
    }
  }
}
