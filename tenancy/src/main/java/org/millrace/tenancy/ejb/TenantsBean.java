package org.millrace.tenancy.ejb;

import jakarta.annotation.PostConstruct;
import jakarta.ejb.EJB;
import jakarta.ejb.Local;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.millrace.tenancy.admin.TenantAdministration;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.Limits;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.api.Tenants;

/** See {@link TenantAdministration}. */
@Stateless
@Local(Tenants.class)
@TransactionManagement(TransactionManagementType.BEAN)
public class TenantsBean implements Tenants {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private Tenancy tenancy;

  @EJB
  @SuppressWarnings("NullAway.Init")
  private JtaUnitOfWork work;

  @SuppressWarnings("NullAway.Init")
  private Tenants administration;

  @PostConstruct
  void ready() {
    administration = new TenantAdministration(work, tenancy.clock(), UUID::randomUUID);
  }

  @Override
  public List<TenantView> list(Actor actor, int offset, int limit) {
    return administration.list(actor, offset, limit);
  }

  @Override
  public Optional<TenantView> find(Actor actor, UUID tenantId) {
    return administration.find(actor, tenantId);
  }

  @Override
  public Optional<TenantView> findBySlug(Actor actor, String slug) {
    return administration.findBySlug(actor, slug);
  }

  @Override
  public TenantView create(Actor actor, String slug, String name) {
    return administration.create(actor, slug, name);
  }

  @Override
  public TenantView changeLimits(Actor actor, UUID tenantId, Limits limits) {
    return administration.changeLimits(actor, tenantId, limits);
  }

  @Override
  public TenantView setSuspended(Actor actor, UUID tenantId, boolean suspended) {
    return administration.setSuspended(actor, tenantId, suspended);
  }

  @Override
  public List<ProjectView> projects(Actor actor, UUID tenantId) {
    return administration.projects(actor, tenantId);
  }

  @Override
  public ProjectView createProject(Actor actor, UUID tenantId, String name) {
    return administration.createProject(actor, tenantId, name);
  }
}
