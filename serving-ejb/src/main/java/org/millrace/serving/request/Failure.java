package org.millrace.serving.request;

import org.millrace.serving.api.ServingError;

/** Why an admitted request failed; the message is fit to be shown to its caller. */
public record Failure(ServingError error, String message) {}
