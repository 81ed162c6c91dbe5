package org.millrace.inference.grammar.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.bounds.GrammarException;
import org.millrace.inference.grammar.json.Json;

/** Finds schemas: by reference within the document, and all that an {@code allOf} adds. */
final class Sources {
  /** Schemas that hold at one place. */
  private static final int TOGETHER_MAX = 256;

  private final Json root;

  Sources(Json root) {
    this.root = root;
  }

  View root() {
    return view(root, "");
  }

  /** Everything that must hold where this schema stands. */
  View view(Json schema, String pointer) {
    var sources = new ArrayList<Source>();
    boolean possible = collect(schema, pointer, sources);
    return new View(List.copyOf(sources), !possible);
  }

  View view(View.Found found) {
    return view(found.value(), found.source().at(found.keyword()));
  }

  private boolean collect(Json schema, String pointer, List<Source> sources) {
    if (schema instanceof Json.JsonBoolean(boolean allowed)) {
      return allowed;
    }
    if (!(schema instanceof Json.JsonObject(var members))) {
      throw GrammarException.of(
          "the schema at %s must be an object or a boolean, but is of type %s",
          pointer.isEmpty() ? "/" : pointer, schema.kind());
    }
    if (sources.stream().anyMatch(known -> known.pointer().equals(pointer))) {
      return true;
    }
    if (sources.size() == TOGETHER_MAX) {
      throw GrammarException.of(
          "more than %d schemas must hold together at %s, which is the limit",
          TOGETHER_MAX, pointer);
    }
    var source = new Source(members, pointer, Set.of());
    Keywords.check(source);
    sources.add(source);
    boolean possible = true;
    Json reference = members.get("$ref");
    if (reference != null) {
      String target = new View.Found(source, "$ref", reference).text();
      possible = collect(resolve(target, source), target.substring(1), sources);
    }
    Json all = members.get("allOf");
    if (all != null) {
      List<Json> parts = new View.Found(source, "allOf", all).items();
      for (int i = 0; i < parts.size(); i++) {
        possible &= collect(parts.get(i), source.at("allOf") + "/" + i, sources);
      }
    }
    return possible;
  }

  private Json resolve(String reference, Source from) {
    if (!reference.equals("#") && !reference.startsWith("#/")) {
      throw GrammarException.of(
          "schema keyword '$ref' at %s is '%s'; supported are references within the schema, such as '#/$defs/name'",
          from.place(), shortened(reference));
    }
    @Nullable Json at = root;
    String[] steps = reference.split("/", -1);
    for (int i = 1; i < steps.length && at != null; i++) {
      at = step(at, steps[i].replace("~1", "/").replace("~0", "~"));
    }
    if (at == null) {
      throw GrammarException.of(
          "schema keyword '$ref' at %s names '%s', which is not there",
          from.place(), shortened(reference));
    }
    return at;
  }

  private static @Nullable Json step(Json at, String name) {
    return switch (at) {
      case Json.JsonObject(Map<String, Json> members) -> members.get(name);
      case Json.JsonArray(List<Json> items) ->
          name.matches("\\d{1,6}") && Integer.parseInt(name) < items.size()
              ? items.get(Integer.parseInt(name))
              : null;
      default -> null;
    };
  }

  private static String shortened(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
