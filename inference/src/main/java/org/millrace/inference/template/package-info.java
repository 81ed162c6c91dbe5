/**
 * Chat templates: a model's own way to write a conversation as a prompt, rendered and encoded so
 * that no user's text becomes a special token. The language they are written in lives in {@code
 * jinja}; nothing here runs a model.
 */
@NullMarked
package org.millrace.inference.template;

import org.jspecify.annotations.NullMarked;
