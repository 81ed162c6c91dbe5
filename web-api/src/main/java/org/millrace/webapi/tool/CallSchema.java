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

  /** Whether a schema of parameters can be that of an object, as arguments are. */
  public static boolean allowsObject(Map<?, ?> parameters) {
    Object type = parameters.get("type");
    return type == null
        || type.equals("object")
        || type instanceof List<?> types && types.contains("object");
  }

  /** The arguments of one function: always an object, never {@code null}. */
  public static Map<String, @Nullable Object> arguments(Function function) {
    var schema = new LinkedHashMap<String, @Nullable Object>();
    if (function.parameters() == null || function.parameters().isEmpty()) {
      schema.put("properties", Map.of());
      schema.put("additionalProperties", false);
    } else {
      function.parameters().forEach((keyword, value) -> schema.put(String.valueOf(keyword), value));
    }
    schema.put("type", "object");
    schema.remove("nullable");
    return schema;
  }

  /**
   * One call of any of the functions, or an array of calls.
   *
   * @param functions no two of the same name
   * @param several whether there may be more than one
   */
  public static Map<String, @Nullable Object> calls(List<Function> functions, boolean several) {
    var definitions = new LinkedHashMap<String, @Nullable Object>();
    var alternatives = new ArrayList<Object>();
    for (Function function : functions) {
      var place = "#/$defs/" + function.name();
      definitions.put(function.name(), rooted(arguments(function), place, false));
      alternatives.add(object(Map.of("const", function.name()), Map.of("$ref", place)));
    }
    var schema = new LinkedHashMap<String, @Nullable Object>();
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
  private static @Nullable Object rooted(@Nullable Object schema, String root, boolean named) {
    return switch (schema) {
      case Map<?, ?> object -> {
        var tree = new LinkedHashMap<String, @Nullable Object>();
        object.forEach((key, value) -> {
          var keyword = String.valueOf(key);
          if (!named && DATA.contains(keyword)) {
            tree.put(keyword, value);
          } else if (!named && keyword.equals("$ref") && value instanceof String target) {
            tree.put(keyword, target.startsWith("#") ? root + target.substring(1) : target);
          } else {
            var names = !named && Set.of("properties", "$defs", "definitions").contains(keyword);
            tree.put(keyword, rooted(value, root, names));
          }
        });
        yield tree;
      }
      case List<?> array -> {
        var items = new ArrayList<@Nullable Object>(array.size());
        array.forEach(each -> items.add(rooted(each, root, false)));
        yield items;
      }
      case null -> null;
      default -> schema;
    };
  }
}
