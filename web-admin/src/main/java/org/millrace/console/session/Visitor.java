package org.millrace.console.session;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import jakarta.security.enterprise.identitystore.openid.OpenIdContext;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.api.Tenants;

/**
 * The person behind this request, as Keycloak describes them: name, roles, and for a tenant-admin
 * the one tenant.
 */
@Named
@RequestScoped
public class Visitor {
  private static final Set<String> ROLES =
      Set.of(Actor.PLATFORM_ADMIN, Actor.BILLING_ADMIN, Actor.TENANT_ADMIN, Actor.AUDITOR);

  @Inject OpenIdContext openId;
  @Inject Tenants tenants;

  private @Nullable Actor actor;
  private @Nullable TenantView tenant;

  /** A visitor who is known already: for tests. */
  public static Visitor of(Actor actor, @Nullable TenantView tenant) {
    var visitor = new Visitor();
    visitor.actor = actor;
    visitor.tenant = tenant;
    return visitor;
  }

  /** Who acts, for the services. */
  public Actor actor() {
    Actor known = actor;
    if (known == null) {
      known = identify();
      actor = known;
    }
    return known;
  }

  private Actor identify() {
    Claims claims = claims();
    var roles = new HashSet<>(claims.texts("groups"));
    roles.retainAll(ROLES);
    // A platform-wide role reaches every tenant anyway; the tenant claim binds only those who have
    // none.
    if (!Permission.SEE_PLATFORM.grantedTo(roles) && roles.contains(Actor.TENANT_ADMIN)) {
      tenant = claims.text("tenant").flatMap(this::tenantNamed).orElse(null);
      if (tenant == null) {
        roles.clear();
      }
    }
    String name = claims.text("name").or(() -> claims.text("preferred_username")).orElse("unnamed");
    return new Actor(
        isKnown() ? openId.getSubject() : "",
        name,
        Set.copyOf(roles),
        tenant == null ? null : tenant.id());
  }

  private Optional<TenantView> tenantNamed(String slug) {
    return tenants.findBySlug(Actor.system(), slug);
  }

  private Claims claims() {
    var sources = new ArrayList<Map<String, ?>>();
    if (openId.getClaimsJson() != null) {
      sources.add(openId.getClaimsJson());
    }
    if (openId.getIdentityToken() != null) {
      sources.add(openId.getIdentityToken().getClaims());
    }
    if (openId.getAccessToken() != null) {
      sources.add(openId.getAccessToken().getClaims());
    }
    return new Claims(sources);
  }

  /** Whether somebody is logged in; an error page may be shown to one who is not. */
  public boolean isKnown() {
    return openId.getIdentityToken() != null;
  }

  public boolean may(Permission permission) {
    return permission.grantedTo(actor().roles());
  }

  /** For pages: {@code visitor.may('GRANT_CREDIT')}. */
  public boolean can(String permission) {
    return may(Permission.valueOf(permission));
  }

  /**
   * For actions: a missing button is a courtesy, this is the check.
   *
   * @throws NotAllowedException where the person's roles do not allow it
   */
  public void require(Permission permission) {
    if (!may(permission)) {
      throw new NotAllowedException("This needs the role " + permission.rolesToAskFor() + ".");
    }
  }

  /** Whether the person has any role here. */
  public boolean isWelcome() {
    return may(Permission.SEE_TENANT);
  }

  /** Whether the person sees all tenants, or one. */
  public boolean isPlatformWide() {
    return may(Permission.SEE_PLATFORM);
  }

  public String getName() {
    return actor().name();
  }

  /** Two letters for the round badge. */
  public String getInitials() {
    String[] words = getName().strip().split("\\s+");
    String first = words[0].substring(0, Math.min(1, words[0].length()));
    String last = words.length > 1 ? words[words.length - 1].substring(0, 1) : "";
    return (first + last).toUpperCase(java.util.Locale.ROOT);
  }

  public String getRoleNames() {
    return actor().roles().isEmpty()
        ? "no role"
        : String.join(", ", actor().roles().stream().sorted().toList());
  }

  /** The tenant a tenant-admin is bound to; {@code null} for platform-wide roles. */
  public @Nullable TenantView getTenant() {
    actor();
    return tenant;
  }
}
