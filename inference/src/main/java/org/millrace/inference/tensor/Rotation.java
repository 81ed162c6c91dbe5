package org.millrace.inference.tensor;

/**
 * Rotary position embedding (Su et al. 2021, section 3.2.2) as one layer kind applies it.
 *
 * @param style which elements form a pair
 * @param dimensions elements of a head that are turned, from its first; even
 * @param frequencies angle per position of each pair, {@code [dimensions / 2]}; not to be written
 *     to
 * @param magnitude cosines and sines are multiplied by this; 1 where positions are not stretched
 */
@SuppressWarnings("ArrayRecordComponent")
public record Rotation(Style style, int dimensions, double[] frequencies, double magnitude) {

  /** A rotation that keeps lengths. */
  public Rotation(Style style, int dimensions, double[] frequencies) {
    this(style, dimensions, frequencies, 1);
  }

  /** Which elements form a pair. */
  public enum Style {
    /** Neighbours: (0, 1), (2, 3), ... as in llama. */
    NEIGHBOURS,
    /** Element i and i + dimensions / 2, as in GPT-NeoX. */
    HALVES
  }
}
