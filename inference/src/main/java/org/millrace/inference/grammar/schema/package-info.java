/**
 * JSON Schema (2020-12, the part that a left-to-right grammar can keep) to expressions over JSON
 * text.
 *
 * <p>What is generated always validates; not everything that validates can be generated: members
 * come in the schema's order, escapes in their shortest form, numbers of bounded length. A keyword
 * that would have to be ignored is refused with its place.
 */
@NullMarked
package org.millrace.inference.grammar.schema;

import org.jspecify.annotations.NullMarked;
