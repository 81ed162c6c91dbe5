/**
 * What a person sees when something goes wrong: a page in the console's own layout with a reference
 * that is in the server's log. Never here: refusals, which are messages on the page that caused
 * them.
 */
@NullMarked
package org.millrace.console.fault;

import org.jspecify.annotations.NullMarked;
