/**
 * Who looks at the console: login through Keycloak (OpenID Connect), the person's roles and tenant,
 * what a role may see and do, and the headers that protect the session.
 *
 * <p>Never here: pages, and rules about tenants, money or models; those are enforced again behind
 * the {@code api} packages.
 */
@NullMarked
package org.millrace.console.session;

import org.jspecify.annotations.NullMarked;
