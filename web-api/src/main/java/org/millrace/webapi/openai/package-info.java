/**
 * OpenAI's wire format: reads its requests, writes its answers, chunks and logprobs.
 *
 * <p>Pure functions between JSON trees and serving's records. Nothing here waits, writes to a
 * socket or knows a tenant.
 */
@NullMarked
package org.millrace.webapi.openai;

import org.jspecify.annotations.NullMarked;
