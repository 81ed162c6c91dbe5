package org.millrace.webapi;

import java.util.List;
import org.millrace.webapi.account.AccountEndpoint;
import org.millrace.webapi.account.ModelEndpoint;
import org.millrace.webapi.admin.KeyEndpoint;
import org.millrace.webapi.admin.MoneyEndpoint;
import org.millrace.webapi.admin.ServiceEndpoint;
import org.millrace.webapi.admin.TenantEndpoint;
import org.millrace.webapi.admin.WatchEndpoint;
import org.millrace.webapi.completion.CompletionEndpoint;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.http.Route;
import org.millrace.webapi.json.Tree;

/**
 * The table of what is served where. What stands here is described in {@code
 * META-INF/openapi.yaml}, which a test compares.
 */
final class ApiRoutes {
  private ApiRoutes() {}

  /** The handlers behind the routes. */
  record Endpoints(
      CompletionEndpoint completions,
      ModelEndpoint models,
      AccountEndpoint account,
      TenantEndpoint tenants,
      KeyEndpoint keys,
      MoneyEndpoint money,
      ServiceEndpoint service,
      WatchEndpoint watch) {}

  static List<Route> of(Endpoints to) {
    return List.of(
        new Route("GET", "/", call -> start()),
        new Route("GET", "/v1/models", to.models()::list),
        new Route("GET", "/v1/models/{model...}", to.models()::one),
        new Route("POST", "/v1/chat/completions", to.completions()::chat),
        new Route("POST", "/v1/completions", to.completions()::text),
        new Route("GET", "/v1/millrace/requests/{id}", to.account()::request),
        new Route("GET", "/v1/millrace/balance", to.account()::balance),
        new Route("GET", "/v1/millrace/queue", to.account()::queue),
        new Route("GET", "/v1/millrace/cache", to.account()::cache),
        new Route("GET", "/admin/v1/tenants", to.tenants()::list),
        new Route("POST", "/admin/v1/tenants", to.tenants()::create),
        new Route("GET", "/admin/v1/tenants/{tenant}", to.tenants()::one),
        new Route("POST", "/admin/v1/tenants/{tenant}/suspend", to.tenants()::suspend),
        new Route("POST", "/admin/v1/tenants/{tenant}/resume", to.tenants()::resume),
        new Route("PATCH", "/admin/v1/tenants/{tenant}/limits", to.tenants()::changeLimits),
        new Route("GET", "/admin/v1/tenants/{tenant}/projects", to.tenants()::projects),
        new Route("POST", "/admin/v1/tenants/{tenant}/projects", to.tenants()::createProject),
        new Route("GET", "/admin/v1/tenants/{tenant}/keys", to.keys()::list),
        new Route("POST", "/admin/v1/tenants/{tenant}/keys", to.keys()::create),
        new Route("DELETE", "/admin/v1/keys/{key}", to.keys()::revoke),
        new Route("GET", "/admin/v1/tenants/{tenant}/credits", to.money()::balance),
        new Route("POST", "/admin/v1/tenants/{tenant}/credits", to.money()::grant),
        new Route("GET", "/admin/v1/prices", to.money()::prices),
        new Route("PUT", "/admin/v1/prices/{model...}", to.money()::setPrices),
        new Route("GET", "/admin/v1/usage/daily", to.money()::daily),
        new Route("GET", "/admin/v1/usage/latest", to.money()::latest),
        new Route("PUT", "/admin/v1/models/{model...}", to.service()::change),
        new Route("GET", "/admin/v1/audit", to.watch()::audit),
        new Route("GET", "/admin/v1/status", to.watch()::status));
  }

  /** For who opens the bare address. */
  private static Reply start() {
    return Reply.json(
        Tree.of("name", "Millrace")
            .with("api", "/v1")
            .with("console", "/console/")
            .with("openapi", "/openapi")
            .with("health", "/health/ready")
            .with("metrics", "/metrics")
            .members());
  }
}
