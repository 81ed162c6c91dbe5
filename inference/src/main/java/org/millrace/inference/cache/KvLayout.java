package org.millrace.inference.cache;

/**
 * How keys and values lie in a block.
 *
 * <p>A block holds, for each layer and key-value head, the keys as {@code [headDim, BLOCK_TOKENS]}
 * and then the values as {@code [BLOCK_TOKENS, headDim]}. Keys lie across, so that one vector load
 * meets the keys of neighbouring tokens and scores need no sum over lanes.
 *
 * <p>Elements of one byte are quanta as in Q8_0: each {@link #GROUP} elements of a token's head
 * share a float16 scale. The scales follow the quanta, of keys as {@code [groups, BLOCK_TOKENS]},
 * of values as {@code [BLOCK_TOKENS, groups]}.
 *
 * @param layers transformer blocks
 * @param heads key-value heads
 * @param headDim elements of a head
 * @param elementBytes 4 for float32, 2 for float16, 1 for Q8_0
 */
public record KvLayout(int layers, int heads, int headDim, int elementBytes) {
  /** Tokens per block: a whole number of any machine's vectors. */
  public static final int BLOCK_TOKENS = 32;

  /** Elements that share a scale. */
  public static final int GROUP = 32;

  /** Scales of one token's head; none unless elements are quanta. */
  public int groups() {
    return elementBytes == 1 ? Math.ceilDiv(headDim, GROUP) : 0;
  }

  /** Where the scales begin after a head's keys, or values. */
  public long scaleOffset() {
    return (long) BLOCK_TOKENS * headDim * elementBytes;
  }

  /** Bytes of one head's keys, or values, in one layer of a block. */
  public long headBytes() {
    return scaleOffset() + (long) BLOCK_TOKENS * groups() * Short.BYTES;
  }

  /** Where a head's keys begin in a block; its values follow at {@link #headBytes()}. */
  public long offset(int layer, int head) {
    return 2 * headBytes() * ((long) layer * heads + head);
  }

  /** Bytes of a block. */
  public long blockBytes() {
    return offset(layers, 0);
  }

  /** Bytes of keys and values that one token takes in all layers. */
  public long bytesPerToken() {
    return blockBytes() / BLOCK_TOKENS;
  }
}
