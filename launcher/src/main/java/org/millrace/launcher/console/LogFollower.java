package org.millrace.launcher.console;

import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Prints what is appended to several logs, each line headed by the log's name. */
public final class LogFollower {
  private static final long POLL_MILLIS = 250;
  private static final int END_BYTES = 8 * 1024;
  private static final int READ_MAX = 1 << 20;

  private final List<Tail> tails = new ArrayList<>();
  private final PrintStream out;

  public LogFollower(List<Path> logs, PrintStream out) {
    this.out = out;
    for (Path log : logs) {
      tails.add(new Tail(log));
    }
  }

  /** The last lines of each. */
  public void printEnd() throws IOException {
    for (Tail tail : tails) {
      tail.skipToEnd();
      print(tail);
    }
  }

  /** Until the thread is interrupted. */
  public void follow() throws IOException, InterruptedException {
    while (true) {
      for (Tail tail : tails) {
        print(tail);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private void print(Tail tail) throws IOException {
    for (String line : tail.newLines()) {
      out.println(tail.name + " | " + line);
    }
    out.flush();
  }

  /** One log, read up to a whole line. */
  private static final class Tail {
    private final Path log;
    private final String name;
    private long position;

    Tail(Path log) {
      this.log = log;
      this.name = log.getFileName().toString().replace(".log", "");
    }

    void skipToEnd() throws IOException {
      try (var file = new RandomAccessFile(log.toFile(), "r")) {
        position = Math.max(0, file.length() - END_BYTES);
        if (position > 0) {
          file.seek(position);
          file.readLine();
          position = file.getFilePointer();
        }
      }
    }

    List<String> newLines() throws IOException {
      try (var file = new RandomAccessFile(log.toFile(), "r")) {
        if (file.length() < position) {
          position = 0; // The log was rotated.
        }
        var bytes = new byte[(int) Math.min(READ_MAX, file.length() - position)];
        file.seek(position);
        file.readFully(bytes);
        int end = lastLineEnd(bytes);
        position += end;
        return new String(bytes, 0, end, StandardCharsets.UTF_8).lines().toList();
      }
    }

    private static int lastLineEnd(byte[] bytes) {
      for (int i = bytes.length - 1; i >= 0; i--) {
        if (bytes[i] == '\n') {
          return i + 1;
        }
      }
      return bytes.length == READ_MAX ? READ_MAX : 0;
    }
  }
}
