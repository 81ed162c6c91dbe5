package org.millrace.inference.grammar.schema;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.millrace.inference.grammar.json.Json;

/** The types of JSON Schema. {@link #NUMBER} stands for all numbers, whole ones included. */
enum Kind {
  NULL,
  BOOLEAN,
  INTEGER,
  NUMBER,
  STRING,
  ARRAY,
  OBJECT;

  /** Keywords that speak of one type; without {@code type} they stand for it. */
  private static final Map<Kind, List<String>> KEYWORDS =
      Map.of(
          NUMBER,
          List.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
          STRING,
          List.of("minLength", "maxLength", "pattern", "format"),
          ARRAY,
          List.of("items", "prefixItems", "minItems", "maxItems"),
          OBJECT,
          List.of(
              "properties", "required", "additionalProperties", "minProperties", "maxProperties"));

  /** The types that are written: those that all of the schemas allow, or else speak of. */
  static Set<Kind> of(View view) {
    Set<Kind> allowed = validUnder(view);
    return view.has("type") ? allowed : spokenOf(view, allowed);
  }

  /** The types that all of the schemas allow, whatever their keywords speak of. */
  static Set<Kind> validUnder(View view) {
    Set<Kind> allowed = EnumSet.of(NULL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT);
    for (View.Found found : view.all("type")) {
      allowed = both(allowed, named(found));
    }
    return allowed;
  }

  private static Set<Kind> spokenOf(View view, Set<Kind> all) {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    KEYWORDS.forEach((kind, keywords) -> {
      if (keywords.stream().anyMatch(view::has)) {
        kinds.add(kind);
      }
    });
    return kinds.isEmpty() ? all : kinds;
  }

  /** Whether a keyword that speaks of this type is there. */
  static List<String> keywords(Kind kind) {
    return KEYWORDS.getOrDefault(kind == INTEGER ? NUMBER : kind, List.of());
  }

  private static Set<Kind> named(View.Found found) {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    if (found.value() instanceof Json.JsonString(String name)) {
      kinds.add(named(found, name));
    } else {
      for (Json item : found.items()) {
        kinds.add(named(found, item instanceof Json.JsonString(String name) ? name : ""));
      }
    }
    Json nullable = found.source().get("nullable");
    if (nullable instanceof Json.JsonBoolean(boolean flag) && flag) {
      kinds.add(NULL);
    }
    if (kinds.contains(NUMBER)) {
      kinds.remove(INTEGER);
    }
    return kinds;
  }

  private static Kind named(View.Found found, String name) {
    for (Kind kind : values()) {
      if (kind.name().toLowerCase(Locale.ROOT).equals(name)) {
        return kind;
      }
    }
    throw found.wrong(
        "one of null, boolean, integer, number, string, array, object, or an array of them");
  }

  static Set<Kind> both(Set<Kind> a, Set<Kind> b) {
    Set<Kind> both = EnumSet.copyOf(a);
    both.retainAll(b);
    boolean whole =
        a.contains(INTEGER) && b.contains(NUMBER) || a.contains(NUMBER) && b.contains(INTEGER);
    if (whole) {
      both.add(INTEGER);
    }
    return both;
  }

  /** Whether a value is of one of the types. */
  static boolean allows(Set<Kind> kinds, Json value) {
    return switch (value) {
      case Json.JsonNull n -> kinds.contains(NULL);
      case Json.JsonBoolean b -> kinds.contains(BOOLEAN);
      case Json.JsonNumber number ->
          kinds.contains(NUMBER) || kinds.contains(INTEGER) && number.isInteger();
      case Json.JsonString s -> kinds.contains(STRING);
      case Json.JsonArray a -> kinds.contains(ARRAY);
      case Json.JsonObject o -> kinds.contains(OBJECT);
    };
  }
}
