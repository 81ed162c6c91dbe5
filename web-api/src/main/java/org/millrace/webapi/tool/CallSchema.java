package org.millrace.webapi.tool;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** JSON Schemas of what a model must write where it must call. */
public final class CallSchema {
  /** Calls in one answer. */
  public static final int CALLS_MAX = 16;

  /** What these hold is data and no schema, whatever it looks like. */
  private static final Set<String> DATA = Set.of("const", "enum", "default", "examples", "example");

  private CallSchema() {}

  /**
   * A function that may be called.
   *
   * @param parameters its JSON Schema, {@code null} where it takes none
   */
  public record Function(String name, @Nullable Map<?, ?> parameters) {}

  /** The arguments of one function: always an object. */
  public static Map<String, Object> arguments(Function function) {
    var schema = new LinkedHashMap<String, Object>();
    if (function.parameters() == null || function.parameters().isEmpty()) {
      schema.put("properties", Map.of());
      schema.put("additionalProperties", false);
    } else {
      function.parameters().forEach((keyword, value) -> put(schema, keyword, value));
    }
    schema.putIfAbsent("type", "object");
    return schema;
  }

  private static void put(Map<String, Object> tree, Object name, @Nullable Object value) {
    if (value != null) {
      tree.put(String.valueOf(name), value);
    }
  }

  /**
   * One call of any of the functions, or an array of calls.
   *
   * @param functions no two of the same name
   * @param several whether there may be more than one
   */
  public static Map<String, Object> calls(List<Function> functions, boolean several) {
    var definitions = new LinkedHashMap<String, Object>();
    var alternatives = new ArrayList<Object>();
    for (Function function : functions) {
      var place = "#/$defs/" + function.name();
      definitions.put(function.name(), rooted(arguments(function), place, false));
      alternatives.add(object(Map.of("const", function.name()), Map.of("$ref", place)));
    }
    var schema = new LinkedHashMap<String, Object>();
    schema.put("$defs", definitions);
    if (several) {
      schema.put("type", "array");
      schema.put("minItems", 1);
      schema.put("maxItems", CALLS_MAX);
      schema.put("items", Map.of("anyOf", alternatives));
    } else {
      schema.put("anyOf", alternatives);
    }
    return schema;
  }

  /** The name comes first, so that a streamed call can begin with it. */
  private static Map<String, Object> object(Object name, Object arguments) {
    var properties = new LinkedHashMap<String, Object>();
    properties.put("name", name);
    properties.put("arguments", arguments);
    return Map.of(
        "type",
        "object",
        "properties",
        properties,
        "required",
        List.of("name", "arguments"),
        "additionalProperties",
        false);
  }

  /**
   * A schema that stands deeper in another document: its references to its own root must lead
   * there.
   *
   * @param named whether the members of this object are names and no keywords
   */
  private static Object rooted(Object schema, String root, boolean named) {
    return switch (schema) {
      case Map<?, ?> object -> {
        var tree = new LinkedHashMap<String, Object>();
        object.forEach((key, value) -> {
          var keyword = String.valueOf(key);
          if (value == null || !named && DATA.contains(keyword)) {
            put(tree, key, value);
          } else if (!named && keyword.equals("$ref") && value instanceof String target) {
            tree.put(keyword, target.startsWith("#") ? root + target.substring(1) : target);
          } else {
            var names = !named && Set.of("properties", "$defs", "definitions").contains(keyword);
            tree.put(keyword, rooted(value, root, names));
          }
        });
        yield tree;
      }
      case List<?> array ->
          array.stream().map(each -> each == null ? List.of() : rooted(each, root, false)).toList();
      default -> schema;
    };
  }
}
