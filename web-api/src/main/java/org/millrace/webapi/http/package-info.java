/**
 * The front of the API: one asynchronous servlet, the table of routes, bounded bodies, headers that
 * every response carries.
 *
 * <p>A handler gets a {@link org.millrace.webapi.http.Call} and gives a {@link
 * org.millrace.webapi.http.Reply}; only this package knows the servlet API.
 */
@NullMarked
package org.millrace.webapi.http;

import org.jspecify.annotations.NullMarked;
