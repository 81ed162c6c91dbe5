package org.millrace.inference.api;

/** A format that output can be kept to, compiled for one model. Immutable, thread-safe. */
public interface Constraint {
  /** Before the first token; one per sequence. */
  ConstraintState start();
}
