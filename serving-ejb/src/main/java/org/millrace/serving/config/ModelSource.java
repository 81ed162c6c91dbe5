package org.millrace.serving.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A model to load.
 *
 * @param name what clients ask for; empty for the name the file gives itself
 */
public record ModelSource(Optional<String> name, Path file) {
  private static final String KEY = "millrace.models";
  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}";

  /** What it is called before it is loaded: its name where it was given one, else its file. */
  public String label() {
    return name.orElseGet(file::toString);
  }

  /** {@code millrace.models}: {@code name=path} or a plain path, separated by commas. */
  static List<ModelSource> parse(ConfigReader reader) {
    var sources = new ArrayList<ModelSource>();
    Set<String> names = new HashSet<>();
    for (String entry : reader.text(KEY).orElse("").split(",")) {
      if (!entry.isBlank()) {
        parseEntry(reader, entry.strip()).ifPresent(sources::add);
      }
    }
    for (ModelSource source : sources) {
      source.name.ifPresent(
          name -> reader.require(names.add(name), KEY + " names '" + name + "' twice"));
    }
    return List.copyOf(sources);
  }

  private static Optional<ModelSource> parseEntry(ConfigReader reader, String entry) {
    int equals = entry.indexOf('=');
    // An equals sign behind a slash belongs to a plain path.
    boolean named =
        equals > 0 && entry.substring(0, equals).matches(NAME) && entry.charAt(0) != '/';
    try {
      return named
          ? Optional.of(
              new ModelSource(
                  Optional.of(entry.substring(0, equals)), Path.of(entry.substring(equals + 1))))
          : Optional.of(new ModelSource(Optional.empty(), Path.of(entry)));
    } catch (InvalidPathException invalid) {
      reader.problem(KEY, entry, "name=path or a path, separated by commas");
      return Optional.empty();
    }
  }
}
