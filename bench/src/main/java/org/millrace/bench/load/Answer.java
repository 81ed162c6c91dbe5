package org.millrace.bench.load;

/**
 * What one streamed request came to. Times in nanoseconds.
 *
 * @param firstToken from the request to the first text
 * @param gaps between one text and the next
 * @param promptTokens as the server counted them
 * @param completionTokens as the server counted them
 */
@SuppressWarnings("ArrayRecordComponent")
record Answer(long firstToken, long[] gaps, long promptTokens, long completionTokens) {}
