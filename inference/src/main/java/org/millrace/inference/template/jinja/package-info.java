/**
 * A small interpreter of the Jinja that chat templates use, with Python's own truth, text and error
 * messages, bounded in steps and output.
 *
 * <p>It reaches no Java object: values are the few kinds that {@code Values} makes of plain JSON.
 * Each text knows which of its characters a user wrote, through every operation, so that a prompt's
 * encoder can tell them from the template's. Nothing here knows models or tokens. Why it exists:
 * docs/adr/0003-chat-templates.md.
 */
@NullMarked
package org.millrace.inference.template.jinja;

import org.jspecify.annotations.NullMarked;
