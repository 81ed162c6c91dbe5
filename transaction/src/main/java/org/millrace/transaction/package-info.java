/**
 * All or nothing, within one tenant's scope: what tenancy and billing do to their tables goes
 * through here.
 *
 * <p>Begin, scope, work, commit, and what a failure means. No table, no rule and no bean lives
 * here; the beans that have a persistence unit are the modules' own.
 */
@NullMarked
package org.millrace.transaction;

import org.jspecify.annotations.NullMarked;
