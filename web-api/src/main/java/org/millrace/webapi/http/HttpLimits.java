package org.millrace.webapi.http;

import java.time.Duration;

/**
 * The bounds of the API's front.
 *
 * @param bodyBytesMax the longest request body
 * @param bodyTimeout for a whole body to arrive
 * @param openRequestsMax requests that are being answered at one time
 * @param heartbeat how often a stream without news sends a comment, and so learns that its client
 *     is gone
 */
public record HttpLimits(
    int bodyBytesMax, Duration bodyTimeout, int openRequestsMax, Duration heartbeat) {}
