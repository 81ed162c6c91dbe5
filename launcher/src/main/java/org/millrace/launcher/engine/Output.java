package org.millrace.launcher.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * What a command prints for others to read: UTF-8, whatever the terminal's locale, and not a
 * character more.
 */
final class Output {
  static final ObjectMapper JSON = new ObjectMapper();

  private Output() {}

  /** Stdout as it is at this moment, in UTF-8. */
  static PrintStream out() {
    return System.out.charset().equals(StandardCharsets.UTF_8)
        ? System.out
        : new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
  }

  /** Text without a newline of our own. */
  static void text(String text) {
    PrintStream out = out();
    out.print(text);
    out.flush();
  }

  static void line(String line) {
    text(line + "\n");
  }

  static void json(Object value) {
    try {
      line(JSON.writeValueAsString(value));
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("no JSON of " + value, impossible);
    }
  }
}
