package org.millrace.inference.cache;

/**
 * How keys and values lie in a block.
 *
 * <p>A block holds, for each layer and key-value head, the keys as {@code [headDim, BLOCK_TOKENS]}
 * and then the values as {@code [BLOCK_TOKENS, headDim]}. Keys lie across, so that one vector load
 * meets the keys of neighbouring tokens and scores need no sum over lanes.
 *
 * @param layers transformer blocks
 * @param heads key-value heads
 * @param headDim elements of a head
 * @param elementBytes 4 for float32, 2 for float16
 */
public record KvLayout(int layers, int heads, int headDim, int elementBytes) {
  /** Tokens per block: a whole number of any machine's vectors. */
  public static final int BLOCK_TOKENS = 32;

  /** Bytes of one head's keys, or values, in one layer of a block. */
  public long headBytes() {
    return (long) BLOCK_TOKENS * headDim * elementBytes;
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
