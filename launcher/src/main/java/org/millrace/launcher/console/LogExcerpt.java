package org.millrace.launcher.console;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The end of a log, for somebody who wants to know why. */
public final class LogExcerpt {
  private static final int TAIL_BYTES = 256 * 1024;
  private static final int LINE_MAX = 400;
  private static final Pattern CAUSE =
      Pattern.compile("Caused by: |FATAL|\\bERROR\\b|\\[SEVERE\\]|Exception: ");
  private static final Pattern TELLING = Pattern.compile("\\S");

  private LogExcerpt() {}

  /** The last line that tells of an error, or else the last line. */
  public static Optional<String> lastRelevantLine(Path log) {
    var lines = tail(log);
    return last(lines, CAUSE).or(() -> last(lines, TELLING)).map(LogExcerpt::shortened);
  }

  private static Optional<String> last(List<String> lines, Pattern pattern) {
    return lines.reversed().stream().filter(line -> pattern.matcher(line).find()).findFirst();
  }

  private static String shortened(String line) {
    var text = line.strip();
    return text.length() <= LINE_MAX ? text : text.substring(0, LINE_MAX) + "...";
  }

  private static List<String> tail(Path log) {
    try (var file = new RandomAccessFile(log.toFile(), "r")) {
      long from = Math.max(0, file.length() - TAIL_BYTES);
      var bytes = new byte[Math.toIntExact(file.length() - from)];
      file.seek(from);
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8).lines().toList();
    } catch (IOException unreadable) {
      return List.of();
    }
  }
}
