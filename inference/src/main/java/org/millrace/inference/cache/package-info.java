/**
 * The KV cache: a bounded pool of blocks, and how keys and values lie within a block.
 *
 * <p>Knows who holds which block and where a layer's part of it begins. Never what is computed from
 * it, and never which sequence deserves a block.
 */
@NullMarked
package org.millrace.inference.cache;

import org.jspecify.annotations.NullMarked;
