/**
 * Whether this WAR itself is alive. What may serve, and why not, is the serving module's to say.
 */
@NullMarked
package org.millrace.webapi.health;

import org.jspecify.annotations.NullMarked;
