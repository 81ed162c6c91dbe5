/**
 * The console in a real browser: login through Keycloak, keys, usage, roles, and how it looks.
 * Never here: what the API answers to clients.
 */
@NullMarked
package org.millrace.it.console;

import org.jspecify.annotations.NullMarked;
