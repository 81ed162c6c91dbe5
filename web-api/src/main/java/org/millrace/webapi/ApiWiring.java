package org.millrace.webapi;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import org.eclipse.microprofile.config.ConfigProvider;
import org.millrace.billing.api.Credits;
import org.millrace.billing.api.Prices;
import org.millrace.billing.api.UsageRecords;
import org.millrace.serving.api.Completions;
import org.millrace.serving.api.ModelControl;
import org.millrace.serving.api.Models;
import org.millrace.serving.api.ServingStatus;
import org.millrace.tenancy.api.ApiKeys;
import org.millrace.tenancy.api.AuditTrail;
import org.millrace.tenancy.api.KeyAuthenticator;
import org.millrace.tenancy.api.Tenants;
import org.millrace.webapi.account.AccountEndpoint;
import org.millrace.webapi.account.ModelEndpoint;
import org.millrace.webapi.admin.Actors;
import org.millrace.webapi.admin.KeyEndpoint;
import org.millrace.webapi.admin.MoneyEndpoint;
import org.millrace.webapi.admin.OidcTokens;
import org.millrace.webapi.admin.ServiceEndpoint;
import org.millrace.webapi.admin.TenantEndpoint;
import org.millrace.webapi.admin.Tokens;
import org.millrace.webapi.admin.WatchEndpoint;
import org.millrace.webapi.completion.CompletionEndpoint;
import org.millrace.webapi.completion.IdempotencyKeys;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.http.Bodies;
import org.millrace.webapi.http.CommonHeaders;
import org.millrace.webapi.http.Gate;
import org.millrace.webapi.http.HttpLimits;
import org.millrace.webapi.http.Router;

/**
 * Hands the beans of the other rooms to the handlers, which are plain objects. The only place that
 * knows both.
 */
@ApplicationScoped
public class ApiWiring {
  @Inject KeyAuthenticator authenticator;
  @Inject Tenants tenants;
  @Inject ApiKeys keys;
  @Inject AuditTrail audit;
  @Inject Credits credits;
  @Inject Prices prices;
  @Inject UsageRecords usage;
  @Inject Completions completions;
  @Inject Models models;
  @Inject ModelControl control;
  @Inject ServingStatus status;

  @Produces
  @Singleton
  public HttpLimits limits() {
    return ApiSettings.from(ConfigProvider.getConfig()).limits();
  }

  @Produces
  @Singleton
  public CommonHeaders commonHeaders() {
    return new CommonHeaders(status);
  }

  @Produces
  @Singleton
  public Router router() {
    var settings = ApiSettings.from(ConfigProvider.getConfig());
    var clock = Clock.systemUTC();
    var gate = new Gate(authenticator);
    var bodies = new Bodies(settings.limits().bodyBytesMax(), settings.limits().bodyTimeout());
    var actors = new Actors(tokens(settings), tenants);
    var completionEndpoint =
        new CompletionEndpoint(
            gate,
            bodies,
            completions,
            models,
            new IdempotencyKeys(status, usage, clock),
            settings.limits().heartbeat(),
            clock);
    return new Router(
        ApiRoutes.of(
            new ApiRoutes.Endpoints(
                completionEndpoint,
                new ModelEndpoint(gate, models),
                new AccountEndpoint(gate, status, usage, credits),
                new TenantEndpoint(actors, bodies, tenants),
                new KeyEndpoint(actors, bodies, tenants, keys),
                new MoneyEndpoint(actors, bodies, tenants, credits, prices, usage, clock),
                new ServiceEndpoint(actors, bodies, control, status),
                new WatchEndpoint(actors, audit, status))));
  }

  private static Tokens tokens(ApiSettings settings) {
    if (settings.issuer().isEmpty() || settings.keysUri().isEmpty()) {
      return token -> {
        throw new ApiException(
            ApiError.UNAVAILABLE,
            "The admin API has no identity provider; its operator sets millrace.oidc.provider-uri.");
      };
    }
    return OidcTokens.of(settings.issuer().get(), settings.audience(), settings.keysUri().get());
  }
}
