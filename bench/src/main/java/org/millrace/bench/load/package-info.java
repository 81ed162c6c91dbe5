/**
 * Load on a running server through its OpenAI-compatible API: Millrace or any other. Knows nothing
 * of how a server is built.
 */
@NullMarked
package org.millrace.bench.load;

import org.jspecify.annotations.NullMarked;
