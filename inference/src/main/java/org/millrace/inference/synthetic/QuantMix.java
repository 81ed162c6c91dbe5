package org.millrace.inference.synthetic;

import java.util.List;
import java.util.Locale;
import org.millrace.inference.gguf.GgmlType;

/**
 * Which type each matrix is stored in, as llama-quantize mixes them.
 *
 * @param base the type most matrices have
 * @param mixed whether some are given more bits by their place ({@code Q4_K_M})
 */
record QuantMix(String name, GgmlType base, boolean mixed) {
  private static final List<QuantMix> ALL =
      List.of(
          new QuantMix("Q4_0", GgmlType.Q4_0, false),
          new QuantMix("Q4_1", GgmlType.Q4_1, false),
          new QuantMix("Q5_0", GgmlType.Q5_0, false),
          new QuantMix("Q5_1", GgmlType.Q5_1, false),
          new QuantMix("Q8_0", GgmlType.Q8_0, false),
          new QuantMix("Q2_K", GgmlType.Q2_K, false),
          new QuantMix("Q3_K", GgmlType.Q3_K, false),
          new QuantMix("Q4_K", GgmlType.Q4_K, false),
          new QuantMix("Q4_K_M", GgmlType.Q4_K, true),
          new QuantMix("Q5_K", GgmlType.Q5_K, false),
          new QuantMix("Q6_K", GgmlType.Q6_K, false),
          new QuantMix("IQ4_NL", GgmlType.IQ4_NL, false),
          new QuantMix("BF16", GgmlType.BF16, false),
          new QuantMix("F16", GgmlType.F16, false),
          new QuantMix("F32", GgmlType.F32, false));

  static List<String> names() {
    return ALL.stream().map(QuantMix::name).toList();
  }

  static QuantMix named(String name) {
    return ALL.stream()
        .filter(mix -> mix.name.equals(name.toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "quantization \"%s\" is not known; known are %s"
                    .formatted(name, String.join(", ", names()))));
  }

  /** The type of the matrix that makes logits, whatever it is called. */
  GgmlType output(int columns) {
    return switch (base) {
      case F32, F16, BF16, Q8_0 -> base;
      default -> fitting(GgmlType.Q6_K, columns);
    };
  }

  GgmlType embedding(int columns) {
    return fitting(base, columns);
  }

  GgmlType attention(String part, Shape shape, int columns, int layer) {
    boolean experts = shape.experts() >= 8;
    if (mixed && part.equals("v")) {
      return fitting(
          experts ? GgmlType.Q8_0 : moreBits(layer, shape.layers()) ? GgmlType.Q6_K : base,
          columns);
    }
    if (mixed && experts && (part.equals("k") || part.equals("output"))) {
      return fitting(part.equals("k") ? GgmlType.Q8_0 : GgmlType.Q5_K, columns);
    }
    return fitting(base, columns);
  }

  GgmlType down(Shape shape, int columns, int layer) {
    return fitting(mixed && moreBits(layer, shape.layers()) ? GgmlType.Q6_K : base, columns);
  }

  GgmlType plain(int columns) {
    return fitting(base, columns);
  }

  /** The first and the last eighth of the layers, and every third between. */
  private static boolean moreBits(int layer, int layers) {
    int eighth = layers / 8;
    return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
  }

  /** Rows that are no multiple of a type's block take a type of smaller blocks. */
  private static GgmlType fitting(GgmlType wanted, int columns) {
    if (columns % wanted.blockSize() == 0) {
      return wanted;
    }
    return switch (wanted) {
      case Q2_K, Q3_K -> fitting(GgmlType.Q4_0, columns);
      case Q4_K, IQ4_XS -> fitting(GgmlType.Q5_0, columns);
      case Q5_K -> fitting(GgmlType.Q5_1, columns);
      case Q6_K -> fitting(GgmlType.Q8_0, columns);
      default -> GgmlType.F16;
    };
  }
}
