package org.millrace.demomodel.train;

import ai.djl.ndarray.NDArray;

/** How one array is changed by its gradient; holds that array's moments. Not thread-safe. */
interface UpdateRule {

  /**
   * Changes {@code weight} in place.
   *
   * @param gradient in a manager of its own, which is closed soon; may be overwritten
   * @param rate the learning rate
   * @param step the number of this step, from 1
   */
  void apply(NDArray weight, NDArray gradient, float rate, int step);
}
