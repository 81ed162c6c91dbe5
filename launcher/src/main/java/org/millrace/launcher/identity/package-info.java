/**
 * Keycloak: its realm, its life, and access to an external one. Decides nothing about roles beyond
 * the realm's template.
 */
@NullMarked
package org.millrace.launcher.identity;

import org.jspecify.annotations.NullMarked;
