package org.millrace.inference.api;

/**
 * What a model has taken of one device's own memory, in bytes.
 *
 * @param device its name
 * @param weights as the device stores them
 * @param cache keys and values of the layers that are there
 * @param scratch activations, tables, and what weights pass through while they are brought
 * @param graphs what the driver took for steps that were written down
 * @param budget most that all models together may take of this device
 */
public record DeviceUse(
    String device, long weights, long cache, long scratch, long graphs, long budget) {

  /** All of it. */
  public long total() {
    return weights + cache + scratch + graphs;
  }
}
