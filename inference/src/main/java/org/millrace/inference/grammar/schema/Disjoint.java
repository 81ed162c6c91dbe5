package org.millrace.inference.grammar.schema;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.bounds.GrammarException;
import org.millrace.inference.grammar.json.Json;

/**
 * Whether two schemas can hold for the same text. {@code oneOf} wants exactly one to hold; where
 * they exclude each other that is the same as {@code anyOf}, and where they may not it is refused.
 * They do by their types, by the values they list, or, for objects, by a required member.
 */
final class Disjoint {
  private static final int DEPTH_MAX = 4;

  private final Sources sources;

  Disjoint(Sources sources) {
    this.sources = sources;
  }

  /**
   * @throws GrammarException naming two alternatives that may hold at once
   */
  void require(View.Found oneOf) {
    List<View> branches = new ArrayList<>();
    for (Json branch : oneOf.items()) {
      String pointer = oneOf.source().at("oneOf") + "/" + branches.size();
      branches.add(sources.view(branch, pointer));
    }
    for (int i = 0; i < branches.size(); i++) {
      for (int j = i + 1; j < branches.size(); j++) {
        if (!disjoint(branches.get(i), branches.get(j), 0)) {
          throw oneOf.unsupported(
              "alternatives %d and %d may both hold; use 'anyOf'".formatted(i, j));
        }
      }
    }
  }

  private boolean disjoint(View a, View b, int depth) {
    if (a.impossible() || b.impossible()) {
      return true;
    }
    if (depth > DEPTH_MAX || branches(a) || branches(b)) {
      return false;
    }
    Set<Json> valuesOfA = Values.listed(a);
    Set<Json> valuesOfB = Values.listed(b);
    if (valuesOfA != null && valuesOfB != null && Collections.disjoint(valuesOfA, valuesOfB)) {
      return true;
    }
    Set<Kind> kinds = Kind.both(kinds(a), kinds(b));
    if (kinds.isEmpty()) {
      return true;
    }
    return kinds.equals(Set.of(Kind.OBJECT)) && excludes(a, b, depth) && excludes(b, a, depth);
  }

  private static boolean branches(View view) {
    return view.has("anyOf") || view.has("oneOf");
  }

  private static Set<Kind> kinds(View view) {
    Set<Json> values = Values.listed(view);
    Set<Kind> kinds = Kind.of(view);
    if (values == null || view.has("type")) {
      return kinds;
    }
    Set<Kind> ofValues = java.util.EnumSet.noneOf(Kind.class);
    for (Kind kind : Kind.values()) {
      if (values.stream().anyMatch(value -> Kind.allows(Set.of(kind), value))) {
        ofValues.add(kind);
      }
    }
    return ofValues;
  }

  /** Whether no object that is generated for {@code a} is valid for {@code b}. */
  private boolean excludes(View a, View b, int depth) {
    for (String name : required(b)) {
      if (property(a, name) == null
          && !a.has("additionalProperties")
          && a.has("properties")
          && !required(a).contains(name)) {
        return true;
      }
    }
    for (String name : required(a)) {
      View inA = property(a, name);
      View inB = property(b, name);
      if (inA != null && inB != null && disjoint(inA, inB, depth + 1)) {
        return true;
      }
    }
    return false;
  }

  private @Nullable View property(View view, String name) {
    View found = null;
    for (View.Found properties : view.all("properties")) {
      Map<String, Json> schemas = properties.members();
      Json schema = schemas.get(name);
      if (schema != null) {
        View one = sources.view(schema, properties.source().at("properties") + "/" + name);
        found = found == null ? one : found.and(one);
      }
    }
    return found;
  }

  private static Set<String> required(View view) {
    Set<String> names = new HashSet<>();
    for (View.Found found : view.all("required")) {
      for (Json name : found.items()) {
        if (name instanceof Json.JsonString(String text)) {
          names.add(text);
        }
      }
    }
    return names;
  }
}
