package org.millrace.inference.template.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The methods of Python's values that a template may call. Those that change a value are refused,
 * as Jinja's immutable sandbox does.
 */
final class Methods {
  private static final Set<String> CHANGE_LIST =
      Set.of("append", "extend", "insert", "pop", "remove", "reverse", "sort", "clear");
  private static final Set<String> CHANGE_DICT =
      Set.of("pop", "popitem", "update", "setdefault", "clear");

  private Methods() {}

  /** The method of that name, or null where the value has none. */
  static @Nullable Callable find(Object target, String name) {
    return switch (target) {
      case Text text -> TextMethods.find(text, name);
      case Map<?, ?> entries -> dict(Values.uncheckedMap(entries), name);
      case List<?> items -> list(Values.uncheckedList(items), name);
      case Tuple tuple -> sequence(tuple.items(), name);
      default -> null;
    };
  }

  private static @Nullable Callable dict(Map<Object, Object> entries, String name) {
    if (CHANGE_DICT.contains(name)) {
      return refused("dict", name);
    }
    return switch (name) {
      case "items" -> arguments -> new Lazy("dict_items", pairs(entries));
      case "keys" -> arguments -> new Lazy("dict_keys", new ArrayList<>(entries.keySet()));
      case "values" -> arguments -> new Lazy("dict_values", new ArrayList<>(entries.values()));
      case "copy" -> arguments -> new LinkedHashMap<>(entries);
      case "get" ->
          arguments -> {
            Object value = entries.get(Values.key(arguments.required(0, "key")));
            return value == null ? arguments.get(1, "default", None.NONE) : value;
          };
      default -> null;
    };
  }

  static List<Object> pairs(Map<Object, Object> entries) {
    var pairs = new ArrayList<Object>(entries.size());
    entries.forEach((key, value) -> pairs.add(Tuple.of(key, value)));
    return pairs;
  }

  private static @Nullable Callable list(List<Object> items, String name) {
    if (CHANGE_LIST.contains(name)) {
      return refused("list", name);
    }
    return name.equals("copy") ? arguments -> new ArrayList<>(items) : sequence(items, name);
  }

  private static @Nullable Callable sequence(List<Object> items, String name) {
    return switch (name) {
      case "count" ->
          arguments -> {
            Object wanted = arguments.required(0, "value");
            return items.stream().filter(item -> Values.equal(item, wanted)).count();
          };
      case "index" -> arguments -> index(items, arguments.required(0, "value"));
      default -> null;
    };
  }

  private static Object index(List<Object> items, Object wanted) {
    for (int i = 0; i < items.size(); i++) {
      if (Values.equal(items.get(i), wanted)) {
        return (long) i;
      }
    }
    throw new JinjaException("ValueError", Writing.repr(wanted).value() + " is not in list");
  }

  private static Callable refused(String type, String name) {
    return arguments -> {
      throw new JinjaException(
          "SecurityError",
          "access to attribute '%s' of '%s' object is unsafe.".formatted(name, type));
    };
  }
}
