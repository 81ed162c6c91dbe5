/**
 * One backing bean for each page: reads through the three {@code api} packages as the visitor,
 * checks what the visitor may do, turns refusals into messages.
 *
 * <p>Never here: rules about tenants, money or models, formatting, and anything that outlives a
 * request.
 */
@NullMarked
package org.millrace.console.page;

import org.jspecify.annotations.NullMarked;
