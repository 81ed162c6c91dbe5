package org.millrace.inference.grammar.schema;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
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
 *
 * <p>What is written for a schema is less than what is valid under it: a schema without a type gets
 * the types its keywords speak of, but holds for all others, too. So it is asked whether what is
 * written for the one can be valid under the other, and the other way around.
 */
final class Disjoint {
  private static final int DEPTH_MAX = 4;
  private static final int ALTERNATIVES_MAX = 256;

  private final Sources sources;

  Disjoint(Sources sources) {
    this.sources = sources;
  }

  /**
   * @param rest what holds beside
   * @throws GrammarException naming two alternatives that may hold at once
   */
  void require(View.Found oneOf, View rest) {
    List<View> branches = new ArrayList<>();
    List<Json> alternatives = oneOf.items();
    if (alternatives.size() > ALTERNATIVES_MAX) {
      throw oneOf.unsupported(
          "it has %d alternatives; the limit is %d"
              .formatted(alternatives.size(), ALTERNATIVES_MAX));
    }
    for (Json branch : alternatives) {
      String pointer = oneOf.source().at("oneOf") + "/" + branches.size();
      branches.add(rest.and(sources.view(branch, pointer)));
    }
    for (int i = 0; i < branches.size(); i++) {
      for (int j = i + 1; j < branches.size(); j++) {
        if (!excludes(branches.get(i), branches.get(j), 0)
            || !excludes(branches.get(j), branches.get(i), 0)) {
          throw oneOf.unsupported(
              "alternatives %d and %d may both hold; use 'anyOf'".formatted(i, j));
        }
      }
    }
  }

  /** Whether nothing that is written for {@code a} is valid under {@code b}. */
  private boolean excludes(View a, View b, int depth) {
    if (a.impossible() || b.impossible()) {
      return true;
    }
    if (depth > DEPTH_MAX) {
      return false;
    }
    Set<Json> valuesOfA = Values.listed(a);
    Set<Json> valuesOfB = Values.listed(b);
    if (valuesOfA != null && valuesOfB != null && Collections.disjoint(valuesOfA, valuesOfB)) {
      return true;
    }
    Set<Kind> kinds = Kind.both(kinds(Kind.of(a), valuesOfA), kinds(Kind.validUnder(b), valuesOfB));
    return kinds.isEmpty() || kinds.equals(Set.of(Kind.OBJECT)) && excludesByMember(a, b, depth);
  }

  private static Set<Kind> kinds(Set<Kind> allowed, @Nullable Set<Json> values) {
    if (values == null) {
      return allowed;
    }
    Set<Kind> ofValues = EnumSet.noneOf(Kind.class);
    for (Kind kind : allowed) {
      if (values.stream().anyMatch(value -> Kind.allows(Set.of(kind), value))) {
        ofValues.add(kind);
      }
    }
    return ofValues;
  }

  private boolean excludesByMember(View a, View b, int depth) {
    for (String name : required(b)) {
      if (!mayHave(a, name)) {
        return true;
      }
    }
    for (String name : required(a)) {
      View inA = property(a, name);
      View inB = property(b, name);
      if (inA != null && inB != null && excludes(inA, inB, depth + 1)) {
        return true;
      }
    }
    return false;
  }

  /** Whether an object written for this schema may have a member of this name; errs towards yes. */
  private static boolean mayHave(View view, String name) {
    boolean othersSpokenOf = false;
    boolean lists = !required(view).isEmpty();
    boolean listed = required(view).contains(name);
    for (Source source : view.sources()) {
      boolean own =
          source.get("properties") instanceof Json.JsonObject(var schemas)
              && schemas.containsKey(name);
      Json others = source.get("additionalProperties");
      if (!own && others instanceof Json.JsonBoolean(boolean allowed) && !allowed) {
        return false;
      }
      listed |= own;
      othersSpokenOf |= others != null;
      lists |= source.get("properties") instanceof Json.JsonObject(var all) && !all.isEmpty();
    }
    return listed || othersSpokenOf || !lists || view.has("anyOf") || view.has("oneOf");
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
