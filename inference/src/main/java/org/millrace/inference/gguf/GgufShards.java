package org.millrace.inference.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.millrace.inference.api.ModelLoadException;

/**
 * Maps a model's file or, where it is cut into several, all of them, and puts together what they
 * hold. The first has the metadata; {@code split.no} (from 0), {@code split.count} and {@code
 * split.tensors.count} say what belongs together (gguf-split of llama.cpp).
 */
final class GgufShards {
  private static final String NUMBER = "split.no";
  private static final String COUNT = "split.count";
  private static final String TENSORS = "split.tensors.count";

  private final Path first;
  private final Arena arena;
  private long bytes;

  private GgufShards(Path first, Arena arena) {
    this.first = first;
    this.arena = arena;
  }

  /** What all files of a model hold together, and their size. */
  record Opened(Path first, GgufParser.Contents contents, long fileBytes) {}

  /**
   * @param path the model's only file, or any of its shards
   * @throws ModelLoadException naming the file that is missing, unreadable, malformed or not of
   *     this model
   */
  static Opened open(Path path, Arena arena) {
    Path first = first(path);
    var shards = new GgufShards(first, arena);
    GgufParser.Contents head = shards.parse(first);
    long count = whole(head, COUNT, 1);
    if (count <= 1) {
      return new Opened(first, head, shards.bytes);
    }
    return new Opened(first, shards.together(head, count), shards.bytes);
  }

  /** Any shard names its model: the first one is meant. */
  private static Path first(Path path) {
    return ShardName.of(path)
        .filter(name -> name.number() > 1)
        .map(name -> {
          Path first = name.beside(path, 1);
          System.getLogger(GgufShards.class.getName())
              .log(
                  System.Logger.Level.INFO,
                  "{0} is shard {1} of {2}; the model that begins with {3} is meant",
                  path,
                  String.valueOf(name.number()),
                  String.valueOf(name.count()),
                  first.getFileName());
          return first;
        })
        .orElse(path);
  }

  private GgufParser.Contents together(GgufParser.Contents head, long count) {
    ShardName name =
        ShardName.of(first)
            .filter(n -> n.number() == 1 && n.count() == count)
            .orElseThrow(() ->
                fault(
                    first,
                    "this is the first of %d shards, so its name must end in -00001-of-%05d.gguf"
                        .formatted(count, count)));
    requireNumber(first, head, 0, count);
    Map<String, GgufTensor> tensors = new LinkedHashMap<>(head.tensors());
    Map<String, Long> unknownTypes = new LinkedHashMap<>(head.unknownTypes());
    for (int number = 2; number <= count; number++) {
      Path path = name.beside(first, number);
      if (!Files.exists(path)) {
        throw fault(path, "shard %d of %d is missing".formatted(number, count));
      }
      GgufParser.Contents shard = parse(path);
      requireNumber(path, shard, number - 1, count);
      shard.tensors().forEach((tensor, data) -> add(path, tensors, tensor, data));
      unknownTypes.putAll(shard.unknownTypes());
    }
    long found = tensors.size() + unknownTypes.size();
    long wanted = whole(head, TENSORS, found);
    if (found != wanted) {
      throw fault(
          first,
          "the %d shards hold %d tensors, but %s is %d".formatted(count, found, TENSORS, wanted));
    }
    return new GgufParser.Contents(head.version(), head.metadata(), tensors, unknownTypes);
  }

  private static void add(
      Path path, Map<String, GgufTensor> tensors, String name, GgufTensor data) {
    if (tensors.put(name, data) != null) {
      throw fault(path, "tensor " + name + " is in another shard too");
    }
  }

  private static void requireNumber(Path path, GgufParser.Contents shard, long number, long count) {
    long saidNumber = whole(shard, NUMBER, -1);
    long saidCount = whole(shard, COUNT, -1);
    if (saidNumber != number || saidCount != count) {
      throw fault(
          path,
          "this should be shard %d of %d (%s %d, %s %d), but its metadata says %d and %d"
              .formatted(number + 1, count, NUMBER, number, COUNT, count, saidNumber, saidCount));
    }
  }

  private static long whole(GgufParser.Contents contents, String key, long fallback) {
    return contents.metadata().get(key) instanceof GgufValue.Whole whole ? whole.value() : fallback;
  }

  private GgufParser.Contents parse(Path path) {
    if (Files.isDirectory(path)) {
      throw fault(path, "this is a directory; name a .gguf file");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment map = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      bytes += map.byteSize();
      return new GgufParser(map, path.toString()).parse();
    } catch (NoSuchFileException missing) {
      throw new ModelLoadException(path + ": there is no such file", missing);
    } catch (IOException unreadable) {
      throw new ModelLoadException(path + ": cannot be read: " + unreadable, unreadable);
    }
  }

  private static ModelLoadException fault(Path path, String message) {
    return new ModelLoadException(path + ": " + message);
  }
}
