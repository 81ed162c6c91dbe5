package org.millrace.inference.model;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.millrace.inference.gguf.GgufFile;

/**
 * A forward pass in float64 as a textbook has it, over a tiny model's float32 tensors: loops, no
 * cache, no kernels, nothing shared with the engine but the file. For heads whose halves are turned
 * together, for layers with or without fused projections, and for experts as qwen2moe has them.
 */
final class PlainForward {
  private static final int HEADS = 4;
  private static final int KV_HEADS = 2;
  private static final int HEAD = TinyModel.WIDTH / HEADS;
  private static final int LAYERS = 2;
  private static final int EXPERTS_USED = 2;

  private final GgufFile file;
  private final double[] frequencies;
  private final double magnitude;
  private final int window;
  private final boolean isGemma;

  /**
   * @param frequencies angle per position of each pair
   * @param magnitude of cosines and sines
   * @param window positions a token sees, itself included; 0 for all
   */
  PlainForward(GgufFile file, double[] frequencies, double magnitude, int window) {
    this.file = file;
    this.frequencies = frequencies;
    this.magnitude = magnitude;
    this.window = window;
    this.isGemma = file.string("general.architecture").equals("gemma");
  }

  /** The last position's logits. */
  double[] logits(int[] tokens) {
    List<double[]> xs = new ArrayList<>();
    for (int token : tokens) {
      double[] x = row(tensor("token_embd.weight"), token, TinyModel.WIDTH);
      for (int i = 0; isGemma && i < x.length; i++) {
        x[i] *= Math.sqrt(x.length);
      }
      xs.add(x);
    }
    for (int layer = 0; layer < LAYERS; layer++) {
      attend(xs, "blk." + layer + ".");
      for (double[] x : xs) {
        feedForward(x, "blk." + layer + ".");
      }
    }
    return times(tensor("output.weight"), normed(xs.getLast(), "output_norm.weight"));
  }

  private void attend(List<double[]> xs, String prefix) {
    List<double[]> queries = new ArrayList<>();
    List<double[]> keys = new ArrayList<>();
    List<double[]> values = new ArrayList<>();
    for (int position = 0; position < xs.size(); position++) {
      double[] in = normed(xs.get(position), prefix + "attn_norm.weight");
      int keyWidth = KV_HEADS * HEAD;
      double[] query = part(prefix, "attn_qkv", "attn_q", 0, TinyModel.WIDTH, in);
      double[] key = part(prefix, "attn_qkv", "attn_k", TinyModel.WIDTH, keyWidth, in);
      values.add(part(prefix, "attn_qkv", "attn_v", TinyModel.WIDTH + keyWidth, keyWidth, in));
      turn(query, position);
      turn(key, position);
      queries.add(query);
      keys.add(key);
    }
    for (int position = 0; position < xs.size(); position++) {
      double[] seen = new double[TinyModel.WIDTH];
      for (int head = 0; head < HEADS; head++) {
        see(queries.get(position), keys, values, position, head, seen);
      }
      add(xs.get(position), times(tensor(prefix + "attn_output.weight"), seen));
    }
  }

  private void see(
      double[] query, List<double[]> keys, List<double[]> values, int at, int head, double[] out) {
    int kvHead = head / (HEADS / KV_HEADS);
    int first = window == 0 ? 0 : Math.max(0, at - window + 1);
    double[] weights = new double[at + 1];
    double sum = 0;
    for (int position = first; position <= at; position++) {
      double score = 0;
      for (int i = 0; i < HEAD; i++) {
        score += query[head * HEAD + i] * keys.get(position)[kvHead * HEAD + i];
      }
      weights[position] = Math.exp(score / Math.sqrt(HEAD));
      sum += weights[position];
    }
    for (int position = first; position <= at; position++) {
      for (int i = 0; i < HEAD; i++) {
        out[head * HEAD + i] += weights[position] / sum * values.get(position)[kvHead * HEAD + i];
      }
    }
  }

  private void turn(double[] x, int position) {
    for (int head = 0; head < x.length / HEAD; head++) {
      for (int pair = 0; pair < HEAD / 2; pair++) {
        int a = head * HEAD + pair;
        int b = a + HEAD / 2;
        double cos = Math.cos(position * frequencies[pair]) * magnitude;
        double sin = Math.sin(position * frequencies[pair]) * magnitude;
        double first = x[a];
        x[a] = first * cos - x[b] * sin;
        x[b] = first * sin + x[b] * cos;
      }
    }
  }

  private void feedForward(double[] x, String prefix) {
    double[] in = normed(x, prefix + "ffn_norm.weight");
    if (file.tensor(prefix + "ffn_gate_inp.weight").isPresent()) {
      experts(x, in, prefix);
      return;
    }
    int hidden =
        file.tensor(prefix + "ffn_down.weight").orElseThrow().shape().getFirst().intValue();
    double[] gate = part(prefix, "ffn_up", "ffn_gate", 0, hidden, in);
    boolean fused = file.tensor(prefix + "ffn_gate.weight").isEmpty();
    double[] up = part(prefix, "ffn_up", "ffn_up", fused ? hidden : 0, hidden, in);
    for (int i = 0; i < hidden; i++) {
      up[i] *= activation(gate[i]);
    }
    add(x, times(tensor(prefix + "ffn_down.weight"), up));
  }

  /** GELU is the approximation by a hyperbolic tangent. */
  private double activation(double x) {
    return isGemma
        ? 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))
        : x / (1 + Math.exp(-x));
  }

  /** The likeliest experts by their probabilities as they are, and the shared one by its gate. */
  private void experts(double[] x, double[] in, String prefix) {
    double[] likely = times(tensor(prefix + "ffn_gate_inp.weight"), in);
    double sum = 0;
    for (int i = 0; i < likely.length; i++) {
      likely[i] = Math.exp(likely[i]);
      sum += likely[i];
    }
    for (int n = 0; n < EXPERTS_USED; n++) {
      int best = 0;
      for (int i = 1; i < likely.length; i++) {
        best = likely[i] > likely[best] ? i : best;
      }
      expert(x, in, prefix, "_exps", best, likely.length, likely[best] / sum);
      likely[best] = -1;
    }
    double gate = times(tensor(prefix + "ffn_gate_inp_shexp.weight"), in)[0];
    expert(x, in, prefix, "_shexp", 0, 1, 1 / (1 + Math.exp(-gate)));
  }

  private void expert(
      double[] x, double[] in, String prefix, String kind, int index, int count, double share) {
    double[] gate = times(slice(prefix + "ffn_gate" + kind, index, count), in);
    double[] up = times(slice(prefix + "ffn_up" + kind, index, count), in);
    for (int i = 0; i < up.length; i++) {
      up[i] *= activation(gate[i]) * share;
    }
    add(x, times(slice(prefix + "ffn_down" + kind, index, count), up));
  }

  private double[] slice(String name, int index, int count) {
    double[] all = tensor(name + ".weight");
    int length = all.length / count;
    return Arrays.copyOfRange(all, index * length, (index + 1) * length);
  }

  /** Some rows of the fused tensor, or the whole of the other where the file has it. */
  private double[] part(
      String prefix, String fused, String alone, int firstRow, int rows, double[] in) {
    boolean isAlone = file.tensor(prefix + alone + ".weight").isPresent();
    double[] all = times(tensor(prefix + (isAlone ? alone : fused) + ".weight"), in);
    double[] part = new double[rows];
    System.arraycopy(all, all.length == rows ? 0 : firstRow, part, 0, rows);
    return part;
  }

  private double[] normed(double[] x, String name) {
    double squares = 0;
    for (double value : x) {
      squares += value * value;
    }
    double[] weight = tensor(name);
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = x[i] / Math.sqrt(squares / x.length + 1e-5f) * weight[i];
    }
    return out;
  }

  private static double[] times(double[] matrix, double[] x) {
    double[] out = new double[matrix.length / x.length];
    for (int i = 0; i < matrix.length; i++) {
      out[i / x.length] += matrix[i] * x[i % x.length];
    }
    return out;
  }

  private static void add(double[] x, double[] y) {
    for (int i = 0; i < x.length; i++) {
      x[i] += y[i];
    }
  }

  private static double[] row(double[] matrix, int row, int columns) {
    double[] out = new double[columns];
    System.arraycopy(matrix, row * columns, out, 0, columns);
    return out;
  }

  private double[] tensor(String name) {
    var data = file.tensor(name).orElseThrow().data();
    var layout = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    double[] out = new double[(int) (data.byteSize() / Float.BYTES)];
    for (int i = 0; i < out.length; i++) {
      out[i] = data.get(layout, 4L * i);
    }
    return out;
  }
}
