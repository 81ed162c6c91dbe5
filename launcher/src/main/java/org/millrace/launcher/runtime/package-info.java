/**
 * The distributions of PostgreSQL, Keycloak and Payara, unpacked and built once for all data
 * folders. Never holds data.
 */
@NullMarked
package org.millrace.launcher.runtime;

import org.jspecify.annotations.NullMarked;
