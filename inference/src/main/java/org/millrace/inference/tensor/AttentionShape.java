package org.millrace.inference.tensor;

/**
 * What attention needs to know of a layer.
 *
 * @param heads query heads; a multiple of {@code kvHeads}
 * @param kvHeads key-value heads
 * @param headDim elements of a head
 * @param scale of the scores
 * @param window how many positions back a key is visible, the own one included; 0 for all
 * @param softCap scores s become softCap * tanh(s / softCap); 0 for none
 */
public record AttentionShape(
    int heads, int kvHeads, int headDim, float scale, int window, float softCap) {

  /** Query heads that share a key-value head. */
  public int group() {
    return heads / kvHeads;
  }
}
