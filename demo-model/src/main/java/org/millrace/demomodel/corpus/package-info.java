/**
 * The text that the model learns: phrases of our own, and how they become conversations.
 *
 * <p>Token ids and tensors never live here.
 */
@NullMarked
package org.millrace.demomodel.corpus;

import org.jspecify.annotations.NullMarked;
