/**
 * JSON as plain trees: maps, lists, strings, numbers, booleans, {@code null}. Bounded parsing,
 * typed reading that names what is wrong, and writing.
 *
 * <p>What the members mean is known elsewhere; HTTP is not known here.
 */
@NullMarked
package org.millrace.webapi.json;

import org.jspecify.annotations.NullMarked;
