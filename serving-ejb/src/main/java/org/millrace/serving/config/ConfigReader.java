package org.millrace.serving.config;

import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Reads values and collects what is wrong with them, so that an operator sees all of it at once.
 */
final class ConfigReader {
  private final Function<String, Optional<String>> source;
  private final List<String> problems = new ArrayList<>();

  ConfigReader(Function<String, Optional<String>> source) {
    this.source = source;
  }

  int integer(String key, int standard, int least, int most) {
    Optional<String> value = text(key);
    if (value.isEmpty()) {
      return standard;
    }
    try {
      int number = Integer.parseInt(value.get());
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException notANumber) {
      // Reported below, with the range.
    }
    problem(key, value.get(), "a whole number from %d to %d".formatted(least, most));
    return standard;
  }

  Duration seconds(String key, int standard, int least, int most) {
    return Duration.ofSeconds(integer(key, standard, least, most));
  }

  BigDecimal amount(String key, String standard) {
    String value = text(key).orElse(standard);
    try {
      var amount = new BigDecimal(value);
      if (amount.signum() >= 0 && amount.scale() <= 6) {
        return amount;
      }
    } catch (NumberFormatException notANumber) {
      // Reported below.
    }
    problem(key, value, "an amount of at least 0 with at most six decimals");
    return new BigDecimal(standard);
  }

  <E extends Enum<E>> E oneOf(String key, Class<E> type, E standard) {
    Optional<String> value = text(key);
    if (value.isEmpty()) {
      return standard;
    }
    try {
      return Enum.valueOf(type, value.get().toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      problem(key, value.get(), "one of " + List.of(type.getEnumConstants()));
      return standard;
    }
  }

  String matching(String key, String standard, Predicate<String> rule, String wanted) {
    String value = text(key).orElse(standard);
    if (rule.test(value)) {
      return value;
    }
    problem(key, value, wanted);
    return standard;
  }

  Optional<Path> path(String key) {
    Optional<String> value = text(key);
    try {
      return value.map(Path::of);
    } catch (InvalidPathException invalid) {
      problem(key, value.orElse(""), "a path");
      return Optional.empty();
    }
  }

  /** The value without surrounding space; an empty one counts as not set. */
  Optional<String> text(String key) {
    return source.apply(key).map(String::strip).filter(value -> !value.isEmpty());
  }

  void problem(String key, String value, String wanted) {
    problems.add("%s is '%s'; it must be %s".formatted(key, value, wanted));
  }

  void require(boolean holds, String problem) {
    if (!holds) {
      problems.add(problem);
    }
  }

  void throwIfAny() {
    if (!problems.isEmpty()) {
      throw new ConfigException(List.copyOf(problems));
    }
  }
}
