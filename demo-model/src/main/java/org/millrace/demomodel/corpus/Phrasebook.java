package org.millrace.demomodel.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the phrase files.
 *
 * <pre>
 * [capitals 20]                      a topic and its weight; also "exact" or "script"
 * - France | Paris                   rows of a table (none: a topic without slots $1, $2)
 * ? What is the capital of $1?       one or more ways to ask
 * ! The capital of $1 is $2.         one or more answers; the next "?" begins a new entry
 * </pre>
 *
 * In a {@code script} the entries are the turns of one conversation; elsewhere each stands alone.
 * In an {@code exact} topic the questions are never respelled. A line of {@code #} is a comment.
 */
final class Phrasebook {
  private static final List<String> FILES =
      List.of("millrace", "smalltalk", "facts", "json", "stories", "dialogues");

  private Phrasebook() {}

  /** All topics of all files. */
  static List<Topic> topics() {
    var lists = new WordLists(lines("lists"));
    List<Topic> topics = new ArrayList<>();
    for (String file : FILES) {
      read(lines(file), lists, topics);
    }
    return topics;
  }

  private static void read(List<String> lines, WordLists lists, List<Topic> topics) {
    PhraseTopic.Builder builder = null;
    for (String line : lines) {
      if (line.startsWith("[")) {
        finish(builder, topics);
        builder = new PhraseTopic.Builder(line.substring(1, line.length() - 1), lists);
      } else if (builder != null && line.length() > 2) {
        builder.line(line.charAt(0), line.substring(2).strip());
      }
    }
    finish(builder, topics);
  }

  private static void finish(PhraseTopic.@Nullable Builder builder, List<Topic> topics) {
    if (builder != null) {
      topics.add(builder.build());
    }
  }

  private static List<String> lines(String file) {
    String name = file + ".txt";
    try (InputStream in = Phrasebook.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(
            "the phrase file " + name + " is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("the phrase file " + name + " cannot be read", e);
    }
  }
}
