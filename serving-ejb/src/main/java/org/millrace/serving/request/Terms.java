package org.millrace.serving.request;

/**
 * When a request came and how long it may take.
 *
 * @param ticket order of arrival
 * @param queueDeadlineMillis when it has waited too long
 * @param runDeadlineMillis when it must be at its end, so that it stays within its hold
 * @param settleWaitMillis how long its stream waits for its settlement
 */
public record Terms(
    long ticket,
    long receivedAtMillis,
    long queueDeadlineMillis,
    long runDeadlineMillis,
    long settleWaitMillis) {}
