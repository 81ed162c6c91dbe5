package org.millrace.inference.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a step.
 *
 * @param sampled one entry per slice of the plan, in its order; {@code null} where the plan asked for no token
 */
public record StepResult(List<@Nullable SampledToken> sampled) {}
