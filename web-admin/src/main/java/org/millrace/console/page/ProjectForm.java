package org.millrace.console.page;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import org.jspecify.annotations.Nullable;
import org.millrace.console.session.Permission;
import org.millrace.console.session.Visitor;
import org.millrace.tenancy.api.Tenants;

/** Adds a project to the page's tenant. */
@Named("projectForm")
@RequestScoped
public class ProjectForm {
  @Inject Visitor visitor;
  @Inject TenantPage page;
  @Inject Tenants tenants;
  @Inject Notices notices;
  private @Nullable String name;

  public @Nullable String create() {
    visitor.require(Permission.MANAGE_KEYS);
    if (!notices.attempt(
        () -> tenants.createProject(visitor.actor(), page.required().id(), String.valueOf(name)))) {
      return null;
    }
    notices.done("Project created.");
    return page.reload();
  }

  public @Nullable String getName() {
    return name;
  }

  public void setName(@Nullable String name) {
    this.name = name;
  }
}
