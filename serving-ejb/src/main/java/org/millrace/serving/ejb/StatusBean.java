package org.millrace.serving.ejb;

import jakarta.ejb.ConcurrencyManagement;
import jakarta.ejb.ConcurrencyManagementType;
import jakarta.ejb.EJB;
import jakarta.ejb.Local;
import jakarta.ejb.Singleton;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.millrace.serving.api.ServingStatus;

/** The views of this server's node. */
@Singleton
@Local(ServingStatus.class)
@ConcurrencyManagement(ConcurrencyManagementType.BEAN)
@TransactionManagement(TransactionManagementType.BEAN)
public class StatusBean implements ServingStatus {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private NodeBean node;

  @Override
  public Snapshot snapshot() {
    return node.nodeOrRefuse().status().snapshot();
  }

  @Override
  public Optional<RequestView> request(UUID tenantId, String requestId) {
    return node.nodeOrRefuse().status().request(tenantId, requestId);
  }

  @Override
  public QueueView queue(UUID tenantId) {
    return node.nodeOrRefuse().status().queue(tenantId);
  }

  @Override
  public List<CacheView> cache(UUID tenantId) {
    return node.nodeOrRefuse().status().cache(tenantId);
  }

  @Override
  public RateView rate(UUID tenantId) {
    return node.nodeOrRefuse().status().rate(tenantId);
  }
}
