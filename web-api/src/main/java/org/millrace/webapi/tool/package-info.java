/**
 * Tool calls: which of the offered functions a model must call, what its text must then look like,
 * and how calls are found in what it wrote.
 *
 * <p>Knows OpenAI's shapes and JSON Schema; nothing of HTTP, and never how a text is kept to a
 * schema.
 */
@NullMarked
package org.millrace.webapi.tool;

import org.jspecify.annotations.NullMarked;
