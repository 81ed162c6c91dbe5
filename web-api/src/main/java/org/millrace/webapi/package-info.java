/**
 * The HTTP API: OpenAI's endpoints, a tenant's own data, and the admin REST API. This package wires
 * the handlers to the beans of the three {@code api} packages; it holds no logic.
 */
@NullMarked
package org.millrace.webapi;

import org.jspecify.annotations.NullMarked;
