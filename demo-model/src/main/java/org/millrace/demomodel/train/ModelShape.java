package org.millrace.demomodel.train;

/**
 * The sizes of a llama-architecture model.
 *
 * @param vocabularySize rows of the embedding and of the output matrix
 * @param width elements of a hidden state
 * @param layers transformer blocks
 * @param heads query heads; {@code width / heads} is the head width
 * @param kvHeads key and value heads; each serves {@code heads / kvHeads} query heads
 * @param feedForwardWidth elements between the two feed-forward matrices
 * @param contextTokens the longest sequence
 * @param ropeBase base of the rotary angles
 * @param normEpsilon added to the mean square in RMSNorm
 */
public record ModelShape(
    int vocabularySize,
    int width,
    int layers,
    int heads,
    int kvHeads,
    int feedForwardWidth,
    int contextTokens,
    float ropeBase,
    float normEpsilon) {

  private static final int QUANTIZED_BLOCK = 32;

  public ModelShape {
    requireMultiple("width", width, QUANTIZED_BLOCK);
    requireMultiple("feedForwardWidth", feedForwardWidth, QUANTIZED_BLOCK);
    requireMultiple("width", width, heads);
    requireMultiple("heads", heads, kvHeads);
    requireMultiple("width / heads", width / heads, 2);
  }

  /** The shape of the model in this repository. */
  public static ModelShape demo(int vocabularySize) {
    return new ModelShape(vocabularySize, 192, 6, 6, 2, 512, 1024, 10_000f, 1e-5f);
  }

  /** Elements of one head. */
  public int headWidth() {
    return width / heads;
  }

  /** Elements of all key heads together. */
  public int kvWidth() {
    return headWidth() * kvHeads;
  }

  /** How many numbers are trained. */
  public long parameters() {
    long attention = 2L * width * width + 2L * width * kvWidth();
    long block = attention + 3L * width * feedForwardWidth + 2L * width;
    return 2L * vocabularySize * width + layers * block + width;
  }

  private static void requireMultiple(String name, int value, int unit) {
    if (value <= 0 || value % unit != 0) {
      throw new IllegalArgumentException(
          "%s is %d; it must be a positive multiple of %d".formatted(name, value, unit));
    }
  }
}
