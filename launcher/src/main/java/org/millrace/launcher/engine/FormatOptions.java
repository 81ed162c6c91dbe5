package org.millrace.launcher.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.Constraint;
import org.millrace.inference.api.Constraints;
import org.millrace.inference.api.InvalidRequestException;
import org.millrace.inference.api.OutputFormat;
import org.millrace.launcher.console.LaunchException;
import picocli.CommandLine.Option;

/** What the text must look like; at most one of these may say so. */
final class FormatOptions {
  @Option(
      names = "--json-schema",
      paramLabel = "FILE",
      description = "Write JSON that is valid under this schema")
  private @Nullable Path jsonSchema;

  @Option(names = "--regex", paramLabel = "R", description = "Write a text that matches as a whole")
  private @Nullable String regex;

  @Option(
      names = "--choice",
      split = ",",
      paramLabel = "TEXT",
      description = "Write one of these texts, given with commas between")
  private @Nullable List<String> choices;

  @Option(
      names = "--grammar",
      paramLabel = "FILE",
      description = "Write a text of this grammar, in llama.cpp's notation (GBNF)")
  private @Nullable Path grammar;

  /** The constraint that was asked for, {@code null} for none. */
  @Nullable Constraint constraint(Constraints constraints) {
    List<OutputFormat> formats = formats();
    if (formats.size() > 1) {
      throw new LaunchException(
          "give one of --json-schema, --regex, --choice and --grammar, not several");
    }
    try {
      return formats.isEmpty() ? null : constraints.compile(formats.getFirst());
    } catch (InvalidRequestException refusal) {
      throw new LaunchException("the format cannot be kept to: " + refusal.getMessage());
    }
  }

  private List<OutputFormat> formats() {
    var formats = new ArrayList<OutputFormat>();
    if (jsonSchema != null) {
      formats.add(new OutputFormat.JsonSchema(TextFile.read(jsonSchema)));
    }
    if (regex != null) {
      formats.add(new OutputFormat.Regex(regex));
    }
    if (choices != null) {
      formats.add(new OutputFormat.Choice(List.copyOf(choices)));
    }
    if (grammar != null) {
      formats.add(new OutputFormat.Rules(TextFile.read(grammar)));
    }
    return formats;
  }
}
