package org.millrace.inference.gguf;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.ModelLoadException;

/**
 * An open GGUF model, in one file or in shards: metadata on the heap, tensors in a memory map.
 *
 * <p>The typed getters throw {@link ModelLoadException} where a key is missing or of another type;
 * those with a fallback, and the optional ones, only where it is of another type. Numbers are given
 * in any width the file chose. Immutable and safe for all threads until {@link #close}, which
 * unmaps the tensors; metadata stays readable.
 */
public final class GgufFile implements AutoCloseable {
  private final Path path;
  private final Arena arena;
  private final long fileBytes;
  private final GgufParser.Contents contents;

  private GgufFile(Path path, Arena arena, long fileBytes, GgufParser.Contents contents) {
    this.path = path;
    this.arena = arena;
    this.fileBytes = fileBytes;
    this.contents = contents;
  }

  /**
   * Maps a file, and where it is a shard all shards of its model, and reads metadata and tensor
   * list. A file without tensors is fine.
   *
   * @param path the model's file, or any of its shards
   * @throws ModelLoadException when a file is missing, unreadable or malformed; the message names
   *     the file and the fault
   */
  public static GgufFile open(Path path) {
    Arena arena = Arena.ofShared();
    boolean done = false;
    try {
      GgufShards.Opened opened = GgufShards.open(path, arena);
      done = true;
      return new GgufFile(opened.first(), arena, opened.fileBytes(), opened.contents());
    } finally {
      if (!done) {
        arena.close();
      }
    }
  }

  /** The file; of a model in shards the first. */
  public Path path() {
    return path;
  }

  /** The size of the file, of all shards together. */
  public long fileBytes() {
    return fileBytes;
  }

  /** The format's version, 2 or 3. */
  public int version() {
    return contents.version();
  }

  /** All metadata in the file's order; unmodifiable. */
  public Map<String, GgufValue> metadata() {
    return Collections.unmodifiableMap(contents.metadata());
  }

  /**
   * All tensors in the file's order.
   *
   * @throws ModelLoadException when one is of a type that Millrace does not know
   */
  public Collection<GgufTensor> tensors() {
    contents.unknownTypes().forEach(this::refuseType);
    return Collections.unmodifiableCollection(contents.tensors().values());
  }

  /**
   * The tensor of that name, if there is one.
   *
   * @throws ModelLoadException when it is of a type that Millrace does not know
   */
  public Optional<GgufTensor> tensor(String name) {
    Long unknown = contents.unknownTypes().get(name);
    if (unknown != null) {
      refuseType(name, unknown);
    }
    return Optional.ofNullable(contents.tensors().get(name));
  }

  /** Whether the metadata has this key. */
  public boolean has(String key) {
    return contents.metadata().containsKey(key);
  }

  /** A string that must be there. */
  public String string(String key) {
    return optionalString(key).orElseThrow(() -> missing(key));
  }

  /** A string, or the fallback. */
  public String string(String key, String fallback) {
    return optionalString(key).orElse(fallback);
  }

  /** A string, if the key is there. */
  public Optional<String> optionalString(String key) {
    return switch (value(key)) {
      case null -> Optional.empty();
      case GgufValue.Text text -> Optional.of(text.value());
      case GgufValue other -> throw mistyped(key, "a string", other);
    };
  }

  /** An integer that must be there. */
  public long integer(String key) {
    return optionalInteger(key).orElseThrow(() -> missing(key));
  }

  /** An integer, or the fallback. */
  public long integer(String key, long fallback) {
    return optionalInteger(key).orElse(fallback);
  }

  /** An integer, if the key is there. */
  public OptionalLong optionalInteger(String key) {
    return switch (value(key)) {
      case null -> OptionalLong.empty();
      case GgufValue.Whole(GgufValueType type, long whole)
          when type != GgufValueType.UINT64 || whole >= 0 ->
          OptionalLong.of(whole);
      case GgufValue other -> throw mistyped(key, "an integer of at most 63 bits", other);
    };
  }

  /** A number, whole or not, that must be there. */
  public double number(String key) {
    return optionalNumber(key).orElseThrow(() -> missing(key));
  }

  /** A number, whole or not, or the fallback. */
  public double number(String key, double fallback) {
    return optionalNumber(key).orElse(fallback);
  }

  /** A number, whole or not, if the key is there. */
  public Optional<Double> optionalNumber(String key) {
    return switch (value(key)) {
      case null -> Optional.empty();
      case GgufValue.Real real -> Optional.of(real.value());
      case GgufValue.Whole whole -> Optional.of((double) whole.value());
      case GgufValue other -> throw mistyped(key, "a number", other);
    };
  }

  /** A truth value, or the fallback. */
  public boolean bool(String key, boolean fallback) {
    return optionalBool(key).orElse(fallback);
  }

  /** A truth value, if the key is there. */
  public Optional<Boolean> optionalBool(String key) {
    return switch (value(key)) {
      case null -> Optional.empty();
      case GgufValue.Truth truth -> Optional.of(truth.value());
      case GgufValue other -> throw mistyped(key, "true or false", other);
    };
  }

  /** An array of strings that must be there. */
  public List<String> strings(String key) {
    return optionalStrings(key).orElseThrow(() -> missing(key));
  }

  /** An array of strings, if the key is there. */
  public Optional<List<String>> optionalStrings(String key) {
    return switch (value(key)) {
      case null -> Optional.empty();
      case GgufValue.Texts texts -> Optional.of(texts.values());
      case GgufValue other -> throw mistyped(key, "an array of strings", other);
    };
  }

  /** An array of floating point numbers that must be there. */
  public float[] floats(String key) {
    return optionalFloats(key).orElseThrow(() -> missing(key));
  }

  /** An array of floating point numbers, as a copy, if the key is there. */
  public Optional<float[]> optionalFloats(String key) {
    return switch (value(key)) {
      case null -> Optional.empty();
      case GgufValue.Reals reals -> Optional.of(narrow(reals.values()));
      case GgufValue other -> throw mistyped(key, "an array of floating point numbers", other);
    };
  }

  /** An array of integers that must be there. */
  public int[] ints(String key) {
    return optionalInts(key).orElseThrow(() -> missing(key));
  }

  /** An array of integers of at most 32 bits, as a copy, if the key is there. */
  public Optional<int[]> optionalInts(String key) {
    return switch (value(key)) {
      case null -> Optional.empty();
      case GgufValue.Wholes wholes -> Optional.of(narrow(key, wholes.values()));
      case GgufValue other -> throw mistyped(key, "an array of integers", other);
    };
  }

  /** Unmaps the file. No tensor may be touched afterwards. Closing twice does nothing. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  private @Nullable GgufValue value(String key) {
    return contents.metadata().get(key);
  }

  private ModelLoadException missing(String key) {
    return new ModelLoadException("%s: metadata %s is missing".formatted(path, key));
  }

  private ModelLoadException mistyped(String key, String wanted, GgufValue found) {
    return new ModelLoadException(
        "%s: metadata %s should be %s, but is %s of type %s"
            .formatted(path, key, wanted, found.getClass().getSimpleName(), found.type()));
  }

  private void refuseType(String tensor, long typeId) {
    throw new ModelLoadException(
        "%s: tensor %s is of type number %d, which is not supported; supported are %s"
            .formatted(path, tensor, typeId, GgufParser.supportedTypes()));
  }

  private static float[] narrow(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  private int[] narrow(String key, long[] values) {
    int[] ints = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      ints[i] = (int) values[i];
      if (ints[i] != values[i]) {
        throw new ModelLoadException(
            "%s: metadata %s holds %d at index %d, more than 32 bits"
                .formatted(path, key, values[i], i));
      }
    }
    return ints;
  }
}
