package org.millrace.inference.gguf;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of one of the files that a large model is cut into, {@code NAME-00002-of-00005.gguf}, as
 * llama.cpp's gguf-split writes them.
 *
 * @param stem what stands before the numbers
 * @param number of this file, from 1
 * @param count of files
 */
public record ShardName(String stem, int number, int count) {
  private static final Pattern NAME = Pattern.compile("(.+)-(\\d{5})-of-(\\d{5})\\.gguf");

  /** What a file's name says; empty where it is no shard's. */
  public static Optional<ShardName> of(Path file) {
    Matcher matcher = NAME.matcher(String.valueOf(file.getFileName()));
    if (!matcher.matches()) {
      return Optional.empty();
    }
    var name =
        new ShardName(
            matcher.group(1),
            Integer.parseInt(matcher.group(2)),
            Integer.parseInt(matcher.group(3)));
    boolean sensible = name.number >= 1 && name.number <= name.count;
    return sensible ? Optional.of(name) : Optional.empty();
  }

  /** Where the shard of that number lies, beside one of its model. */
  Path beside(Path shard, int other) {
    return shard.resolveSibling("%s-%05d-of-%05d.gguf".formatted(stem, other, count));
  }
}
