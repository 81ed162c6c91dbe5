package org.millrace.console.page;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.console.session.Permission;
import org.millrace.console.session.Visitor;
import org.millrace.serving.api.Models;
import org.millrace.serving.api.Models.ServedModel;
import org.millrace.tenancy.api.ApiKeys;
import org.millrace.tenancy.api.ApiKeys.CreatedKey;

/**
 * Creates and revokes keys. A new key's secret lives in the one response that shows it: this bean
 * ends with the request, and nothing puts the secret in a session, a view or a log.
 */
@Named("keyForm")
@RequestScoped
public class KeyForm {
  @Inject Visitor visitor;
  @Inject TenantPage page;
  @Inject Parameters parameters;
  @Inject ApiKeys apiKeys;
  @Inject Models models;
  @Inject Notices notices;
  private @Nullable String name;
  private @Nullable String projectId;
  private @Nullable CreatedKey created;

  public void create() {
    visitor.require(Permission.MANAGE_KEYS);
    notices.attempt(() -> {
      UUID project = ownProject(String.valueOf(projectId));
      created = apiKeys.create(visitor.actor(), project, String.valueOf(name));
    });
  }

  /** The form names the project; only one of the tenant on this page is taken. */
  private UUID ownProject(String id) {
    return page.getProjects().stream()
        .filter(p -> p.id().toString().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("this tenant has no project " + id))
        .id();
  }

  public @Nullable String revoke() {
    visitor.require(Permission.MANAGE_KEYS);
    String wanted = parameters.get("key").orElse("");
    var key = page.getKeys().stream().filter(k -> k.id().toString().equals(wanted)).findFirst();
    if (key.isEmpty()) {
      notices.refuse("this tenant has no key " + wanted);
      return null;
    }
    if (!notices.attempt(() -> apiKeys.revoke(visitor.actor(), key.get().id()))) {
      return null;
    }
    notices.done("Key " + key.get().name() + " revoked. It is refused from now on.");
    return page.reload();
  }

  /** Set in the response to {@link #create} and in no other. */
  public @Nullable CreatedKey getCreated() {
    return created;
  }

  public String getCurl() {
    return Snippets.curl(parameters.serverUrl(), secret(), model());
  }

  public String getPython() {
    return Snippets.python(parameters.serverUrl(), secret(), model());
  }

  private String secret() {
    return created == null ? "" : created.secret();
  }

  private String model() {
    return models.list().stream().map(ServedModel::name).findFirst().orElse("MODEL");
  }

  public @Nullable String getName() {
    return name;
  }

  public void setName(@Nullable String name) {
    this.name = name;
  }

  public @Nullable String getProjectId() {
    return projectId;
  }

  public void setProjectId(@Nullable String projectId) {
    this.projectId = projectId;
  }
}
