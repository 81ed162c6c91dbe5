package org.millrace.console.page;

import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import org.jspecify.annotations.Nullable;
import org.millrace.console.session.Permission;
import org.millrace.console.session.Visitor;
import org.millrace.tenancy.api.Limits;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.api.Tenants;

/** Changes what the page's tenant may use at most. */
@Named("limitsForm")
@RequestScoped
public class LimitsForm {
  @Inject Visitor visitor;
  @Inject TenantPage page;
  @Inject Tenants tenants;
  @Inject Notices notices;
  private int requestsPerMinute;
  private int tokensPerMinute;
  private int concurrentSequences;
  private int queuedRequests;

  @PostConstruct
  void fill() {
    TenantView tenant = page.getTenant();
    Limits limits = tenant == null ? Limits.defaults() : tenant.limits();
    requestsPerMinute = limits.requestsPerMinute();
    tokensPerMinute = limits.tokensPerMinute();
    concurrentSequences = limits.concurrentSequences();
    queuedRequests = limits.queuedRequests();
  }

  public @Nullable String save() {
    visitor.require(Permission.MANAGE_TENANTS);
    var limits =
        new Limits(requestsPerMinute, tokensPerMinute, concurrentSequences, queuedRequests);
    if (!notices.attempt(
        () -> tenants.changeLimits(visitor.actor(), page.required().id(), limits))) {
      return null;
    }
    notices.done("Limits saved.");
    return page.reload();
  }

  public int getRequestsPerMinute() {
    return requestsPerMinute;
  }

  public void setRequestsPerMinute(int requestsPerMinute) {
    this.requestsPerMinute = requestsPerMinute;
  }

  public int getTokensPerMinute() {
    return tokensPerMinute;
  }

  public void setTokensPerMinute(int tokensPerMinute) {
    this.tokensPerMinute = tokensPerMinute;
  }

  public int getConcurrentSequences() {
    return concurrentSequences;
  }

  public void setConcurrentSequences(int concurrentSequences) {
    this.concurrentSequences = concurrentSequences;
  }

  public int getQueuedRequests() {
    return queuedRequests;
  }

  public void setQueuedRequests(int queuedRequests) {
    this.queuedRequests = queuedRequests;
  }
}
