package org.millrace.inference.synthetic;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The sizes of a known model.
 *
 * @param name as the command takes it
 * @param architecture as GGUF names it
 * @param layers transformer blocks
 * @param width elements of a token's activation
 * @param heads query heads
 * @param kvHeads key-value heads
 * @param headDim elements of a head
 * @param hidden elements between the feed-forward projections, of one expert where there are
 *     experts
 * @param experts experts per layer, 0 for a dense model
 * @param expertsUsed experts per token
 * @param vocabulary tokens
 * @param tied whether the embedding table is also the output matrix
 * @param contextTokens longest sequence
 * @param ropeBase base of the position frequencies
 * @param ropeFactor Llama 3's stretching of slow frequencies, 0 for none
 */
record Shape(
    String name,
    String architecture,
    int layers,
    int width,
    int heads,
    int kvHeads,
    int headDim,
    int hidden,
    int experts,
    int expertsUsed,
    int vocabulary,
    boolean tied,
    int contextTokens,
    float ropeBase,
    float ropeFactor) {

  private static final int LLAMA3_TOKENS = 128_256;
  private static final int QWEN_TOKENS = 151_936;
  private static final Map<String, Shape> ALL = new TreeMap<>();

  static {
    llama3("llama-3.1-8b", new int[] {32, 4096, 32, 8, 128, 14_336}, false, 8);
    llama3("llama-3.2-1b", new int[] {16, 2048, 32, 8, 64, 8192}, true, 32);
    llama3("llama-3.2-3b", new int[] {28, 3072, 24, 8, 128, 8192}, true, 32);
    llama3("llama-3.3-70b", new int[] {80, 8192, 64, 8, 128, 28_672}, false, 8);
    qwen("qwen2.5-0.5b", "qwen2", new int[] {24, 896, 14, 2, 64, 4864}, 0, 0, true);
    qwen("qwen2.5-7b", "qwen2", new int[] {28, 3584, 28, 4, 128, 18_944}, 0, 0, false);
    qwen("qwen3-0.6b", "qwen3", new int[] {28, 1024, 16, 8, 128, 3072}, 0, 0, true);
    qwen("qwen3-8b", "qwen3", new int[] {36, 4096, 32, 8, 128, 12_288}, 0, 0, false);
    qwen("qwen3-30b-a3b", "qwen3moe", new int[] {48, 2048, 32, 4, 128, 768}, 128, 8, false);
    mixtral("mixtral-8x7b", new int[] {32, 4096, 32, 8, 128, 14_336});
    mixtral("mixtral-mini", new int[] {16, 1024, 16, 4, 64, 3584});
    add(new Shape("tiny", "llama", 2, 256, 4, 2, 64, 512, 0, 0, 2048, false, 2048, 10_000, 0));
    add(new Shape("tiny-moe", "llama", 2, 256, 4, 2, 64, 256, 4, 2, 2048, false, 2048, 10_000, 0));
  }

  private static void llama3(String name, int[] sizes, boolean tied, float ropeFactor) {
    add(
        new Shape(
            name,
            "llama",
            sizes[0],
            sizes[1],
            sizes[2],
            sizes[3],
            sizes[4],
            sizes[5],
            0,
            0,
            LLAMA3_TOKENS,
            tied,
            131_072,
            500_000,
            ropeFactor));
  }

  private static void qwen(
      String name, String architecture, int[] sizes, int experts, int used, boolean tied) {
    add(
        new Shape(
            name,
            architecture,
            sizes[0],
            sizes[1],
            sizes[2],
            sizes[3],
            sizes[4],
            sizes[5],
            experts,
            used,
            QWEN_TOKENS,
            tied,
            32_768,
            1_000_000,
            0));
  }

  private static void mixtral(String name, int[] sizes) {
    add(
        new Shape(
            name, "llama", sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], 8, 2, 32_000,
            false, 32_768, 1_000_000, 0));
  }

  private static void add(Shape shape) {
    ALL.put(shape.name, shape);
  }

  static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  static Shape named(String name) {
    Shape shape = ALL.get(name);
    if (shape == null) {
      throw new IllegalArgumentException(
          "shape \"%s\" is not known; known are %s".formatted(name, String.join(", ", names())));
    }
    return shape;
  }

  boolean qwen() {
    return architecture.startsWith("qwen");
  }
}
