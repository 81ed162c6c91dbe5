package org.millrace.inference.tensor;

import org.jspecify.annotations.Nullable;

/**
 * {@code out[row] = weights * in[row] + bias}, or added to what is there.
 *
 * @param weights {@code [out columns, in columns]}
 * @param bias {@code [out columns]}, or {@code null}
 * @param out {@code [rows, weights.rows]}
 * @param accumulate whether to add to {@code out}
 */
public record Projection(Matrix weights, @Nullable Buffer bias, Buffer out, boolean accumulate) {}
