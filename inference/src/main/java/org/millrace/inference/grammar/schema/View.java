package org.millrace.inference.grammar.schema;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.bounds.GrammarException;
import org.millrace.inference.grammar.bounds.GrammarLimits;
import org.millrace.inference.grammar.json.Json;

/**
 * Schemas that must hold together: one and what it refers to, or the parts of an {@code allOf}.
 *
 * @param impossible one of them is {@code false}
 */
record View(List<Source> sources, boolean impossible) {
  /** A keyword's value, and whose it is. */
  record Found(Source source, String keyword, Json value) {
    GrammarException unsupported(String why) {
      return GrammarException.of(
          "schema keyword '%s' at %s is not supported: %s", keyword, source.place(), why);
    }

    GrammarException wrong(String expected) {
      return GrammarException.of(
          "schema keyword '%s' at %s must be %s, but is of type %s",
          keyword, source.place(), expected, value.kind());
    }

    String text() {
      if (value instanceof Json.JsonString(String text)) {
        return text;
      }
      throw wrong("a string");
    }

    List<Json> items() {
      if (value instanceof Json.JsonArray(var items)) {
        return items;
      }
      throw wrong("an array");
    }

    Map<String, Json> members() {
      if (value instanceof Json.JsonObject(var members)) {
        return members;
      }
      throw wrong("an object");
    }

    BigDecimal number() {
      if (value instanceof Json.JsonNumber(BigDecimal number)) {
        return number;
      }
      throw wrong("a number");
    }

    boolean flag() {
      if (value instanceof Json.JsonBoolean(boolean flag)) {
        return flag;
      }
      throw wrong("a boolean");
    }

    int count() {
      if (!(value instanceof Json.JsonNumber number)
          || !number.isInteger()
          || number.value().signum() < 0) {
        throw wrong("a whole number of at least 0");
      }
      if (number.value().compareTo(BigDecimal.valueOf(GrammarLimits.REPEATS_MAX)) > 0) {
        throw GrammarException.of(
            "schema keyword '%s' at %s is %s; the limit is %d",
            keyword, source.place(), value.compact(), GrammarLimits.REPEATS_MAX);
      }
      return number.value().intValue();
    }
  }

  /** The same sources mean the same texts. */
  String key() {
    return sources.stream().map(Source::key).collect(Collectors.joining("\n"))
        + (impossible ? "\nnever" : "");
  }

  List<Found> all(String keyword) {
    var found = new ArrayList<Found>();
    for (Source source : sources) {
      Json value = source.get(keyword);
      if (value != null) {
        found.add(new Found(source, keyword, value));
      }
    }
    return found;
  }

  @Nullable Found first(String keyword) {
    List<Found> all = all(keyword);
    return all.isEmpty() ? null : all.getFirst();
  }

  boolean has(String keyword) {
    return first(keyword) != null;
  }

  /** The largest of all values of the keyword, or {@code otherwise}. */
  int largest(String keyword, int otherwise) {
    return all(keyword).stream().mapToInt(Found::count).max().orElse(otherwise);
  }

  /** The smallest of all values of the keyword, or {@code otherwise}. */
  int smallest(String keyword, int otherwise) {
    return all(keyword).stream().mapToInt(Found::count).min().orElse(otherwise);
  }

  /** Without a keyword of one of the sources. */
  View without(Found found) {
    return new View(
        distinct(
            sources.stream()
                .map(source -> source == found.source() ? source.without(found.keyword()) : source)
                .toList()),
        impossible);
  }

  View and(View other) {
    var all = new ArrayList<>(sources);
    all.addAll(other.sources);
    return new View(distinct(all), impossible || other.impossible);
  }

  /** A schema that leads back to itself must come to the same view again. */
  private static List<Source> distinct(List<Source> sources) {
    var byKey = new LinkedHashMap<String, Source>();
    sources.forEach(source -> byKey.putIfAbsent(source.key(), source));
    return List.copyOf(byKey.values());
  }
}
