package org.millrace.demomodel.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.millrace.demomodel.bpe.Vocabulary;

/**
 * A vocabulary and weights on disk: number of merges, the pairs of ids, then the arrays in the
 * order of {@link LlamaWeights#inOrder()} as big-endian floats. Only ever read by the same program.
 */
public final class Checkpoint {
  private static final int MERGES_MAX = 1 << 20;

  private Checkpoint() {}

  /** Replaces the file in one move, so that a reader never sees half of it. */
  public static void save(Path file, Model model) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (var out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(part)))) {
      out.writeInt(model.vocabulary().merges().size());
      for (Vocabulary.Merge merge : model.vocabulary().merges()) {
        out.writeInt(merge.left());
        out.writeInt(merge.right());
      }
      for (NDArray array : model.weights().inOrder()) {
        for (float value : array.toFloatArray()) {
          out.writeFloat(value);
        }
      }
    }
    Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /** A vocabulary with the weights that go with it. */
  public record Model(Vocabulary vocabulary, ModelShape shape, LlamaWeights weights) {}

  /** Reads a checkpoint of the demo model's shape; the arrays live in {@code manager}. */
  public static Model load(Path file, NDManager manager) throws IOException {
    try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      int count = in.readInt();
      if (count < 0 || count > MERGES_MAX) {
        throw new IOException(
            "%s says it has %d merges; it is no checkpoint".formatted(file, count));
      }
      List<Vocabulary.Merge> merges = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        merges.add(new Vocabulary.Merge(in.readInt(), in.readInt()));
      }
      var vocabulary = new Vocabulary(merges);
      var shape = ModelShape.demo(vocabulary.size());
      var weights = LlamaWeights.random(shape, manager, new SplittableRandom(0));
      for (NDArray array : weights.inOrder()) {
        var values = new float[(int) array.size()];
        for (int i = 0; i < values.length; i++) {
          values[i] = in.readFloat();
        }
        array.set(values);
      }
      return new Model(vocabulary, shape, weights);
    }
  }
}
