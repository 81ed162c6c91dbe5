/**
 * The API of a running platform, through official clients and plain HTTP, and what its database
 * says after.
 *
 * <p>Nothing of the console; nothing that a unit test can show.
 */
@NullMarked
package org.millrace.it.api;

import org.jspecify.annotations.NullMarked;
