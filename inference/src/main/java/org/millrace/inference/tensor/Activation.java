package org.millrace.inference.tensor;

/** The function between the two projections of a feed-forward layer. */
public enum Activation {
  /** x / (1 + e^-x). */
  SILU,
  /** Gaussian error linear unit in its tanh form (Hendrycks and Gimpel 2016, section 2). */
  GELU_TANH
}
