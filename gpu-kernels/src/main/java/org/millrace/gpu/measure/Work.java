package org.millrace.gpu.measure;

/**
 * What a kernel cannot do without.
 *
 * @param bytes that must come from memory or go there
 * @param rate what its operations run on
 * @param operations multiplications and additions there
 * @param fused multiplications and additions in float32 beside them, as scaling the products of
 *     quanta
 */
record Work(long bytes, Rate rate, long operations, long fused) {

  /** What only moves bytes. */
  static Work ofBytes(long bytes) {
    return new Work(bytes, Rate.FUSED, 0, 0);
  }

  /** The units of a chip that do arithmetic, each with a rate of its own. */
  enum Rate {
    /** Float32, fused multiply-adds. */
    FUSED,
    /** Dot products of four bytes. */
    DOTS,
    /** Tensor cores in signed bytes. */
    BYTES,
    /** Tensor cores in tf32. */
    FLOATS,
    /** Hopper's warpgroup products in signed bytes. */
    WARPGROUPS
  }
}
