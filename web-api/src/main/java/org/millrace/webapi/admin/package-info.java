/**
 * The admin REST API under {@code /admin/v1}, for people and scripts with a bearer token of the
 * identity provider.
 *
 * <p>The token becomes an {@link org.millrace.tenancy.api.Actor}; what an actor may do is decided
 * by tenancy and billing, not here.
 */
@NullMarked
package org.millrace.webapi.admin;

import org.jspecify.annotations.NullMarked;
