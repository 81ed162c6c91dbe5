/**
 * What the engine offers to the rest of the house: load a model, tokenize, render a conversation,
 * run a step.
 *
 * <p>Interfaces, records and exceptions only; how they are done lives in the sibling packages,
 * which no other module may use. Nothing here knows tenants, money, HTTP or Jakarta.
 */
@NullMarked
package org.millrace.inference.api;

import org.jspecify.annotations.NullMarked;
