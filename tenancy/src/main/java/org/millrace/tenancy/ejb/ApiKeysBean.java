package org.millrace.tenancy.ejb;

import jakarta.annotation.PostConstruct;
import jakarta.ejb.EJB;
import jakarta.ejb.Local;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.util.List;
import java.util.UUID;
import org.millrace.tenancy.admin.KeyAdministration;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.ApiKeyView;
import org.millrace.tenancy.api.ApiKeys;

/** See {@link KeyAdministration}. */
@Stateless
@Local(ApiKeys.class)
@TransactionManagement(TransactionManagementType.BEAN)
public class ApiKeysBean implements ApiKeys {
  @EJB
  @SuppressWarnings("NullAway.Init")
  private Tenancy tenancy;

  @EJB
  @SuppressWarnings("NullAway.Init")
  private JtaUnitOfWork work;

  @SuppressWarnings("NullAway.Init")
  private ApiKeys administration;

  @PostConstruct
  void ready() {
    administration =
        new KeyAdministration(
            work, tenancy.hasher(), tenancy.clock(), UUID::randomUUID, tenancy.random());
  }

  @Override
  public List<ApiKeyView> list(Actor actor, UUID tenantId) {
    return administration.list(actor, tenantId);
  }

  @Override
  public CreatedKey create(Actor actor, UUID projectId, String name) {
    return administration.create(actor, projectId, name);
  }

  @Override
  public ApiKeyView revoke(Actor actor, UUID keyId) {
    return administration.revoke(actor, keyId);
  }
}
