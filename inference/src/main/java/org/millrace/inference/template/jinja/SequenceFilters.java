package org.millrace.inference.template.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The filters over lists, dicts and whatever can be iterated. */
final class SequenceFilters {
  private SequenceFilters() {}

  static void register(Map<String, Filters.Filter> filters) {
    filters.put("length", (value, a, i) -> Values.length(value));
    filters.put("count", (value, a, i) -> Values.length(value));
    filters.put("list", (value, a, i) -> new ArrayList<>(Values.items(value)));
    filters.put("first", (value, a, i) -> end(value, true));
    filters.put("last", (value, a, i) -> end(value, false));
    filters.put("join", (value, a, i) -> join(value, a));
    filters.put("reverse", (value, a, i) -> reverse(value));
    filters.put("items", (value, a, i) -> items(value));
    filters.put("map", SequenceFilters::map);
    filters.put("select", (value, a, i) -> chosen(value, test(a, 0, i), false));
    filters.put("reject", (value, a, i) -> chosen(value, test(a, 0, i), true));
    filters.put("selectattr", (value, a, i) -> chosen(value, attributeTest(a, i), false));
    filters.put("rejectattr", (value, a, i) -> chosen(value, attributeTest(a, i), true));
    filters.put("unique", (value, a, i) -> unique(value, a));
    filters.put("sort", (value, a, i) -> sort(value, a));
    filters.put("dictsort", (value, a, i) -> dictSort(value, a));
    filters.put("groupby", (value, a, i) -> groupBy(value, a));
    filters.put("batch", (value, a, i) -> batch(value, a));
    filters.put("slice", (value, a, i) -> slices(value, a));
    filters.put("sum", (value, a, i) -> sum(value, a));
    filters.put("min", (value, a, i) -> extreme(value, a, -1));
    filters.put("max", (value, a, i) -> extreme(value, a, 1));
  }

  private static Object end(Object value, boolean first) {
    List<Object> items = Values.items(value);
    if (items.isEmpty()) {
      return new Undefined("No %s item, sequence was empty.".formatted(first ? "first" : "last"));
    }
    return first ? items.getFirst() : items.getLast();
  }

  private static Text join(Object value, CallArguments arguments) {
    Text separator = Writing.str(arguments.get(0, "d", Text.EMPTY)).asSafe(false);
    Object attribute = arguments.get(1, "attribute", None.NONE);
    var out = new TextBuilder();
    boolean more = false;
    for (Object item : Values.items(value)) {
      if (more) {
        out.append(separator);
      }
      out.append(Writing.str(attribute instanceof None ? item : deep(item, attribute)));
      more = true;
    }
    return out.toText();
  }

  private static Object reverse(Object value) {
    var items = new ArrayList<>(Values.items(value));
    Collections.reverse(items);
    if (!(value instanceof Text)) {
      return new Lazy("list_reverseiterator", items);
    }
    var out = new TextBuilder();
    items.forEach(item -> out.append((Text) item));
    return out.toText();
  }

  private static Object items(Object value) {
    return switch (value) {
      case Undefined u -> Lazy.generator(List.of());
      case Map<?, ?> entries -> Lazy.generator(Methods.pairs(Values.uncheckedMap(entries)));
      default -> throw JinjaException.typeError("Can only get item pairs from a mapping.");
    };
  }

  /** {@code a.b.0} goes into the value step by step. */
  private static Object deep(Object item, Object path) {
    if (!(path instanceof Text text)) {
      return Access.subscript(item, path);
    }
    Object at = item;
    for (String part : text.value().split("\\.", -1)) {
      boolean number =
          !part.isEmpty() && part.length() < 10 && part.chars().allMatch(c -> c >= '0' && c <= '9');
      at = Access.subscript(at, number ? (Object) Long.parseLong(part) : Text.of(part));
    }
    return at;
  }

  private static Object map(Object value, CallArguments arguments, Interpreter interpreter) {
    if (!Values.truth(value)) {
      return Lazy.generator(List.of());
    }
    var result = new ArrayList<Object>();
    Object attribute = arguments.named().get("attribute");
    if (attribute != null) {
      Object otherwise = arguments.named().get("default");
      for (Object item : Values.items(value)) {
        Object found = deep(item, attribute);
        result.add(found instanceof Undefined && otherwise != null ? otherwise : found);
      }
      return Lazy.generator(result);
    }
    String name = arguments.text(0, "name").value();
    var rest =
        new CallArguments(arguments.positional().subList(1, arguments.count()), arguments.named());
    for (Object item : Values.items(value)) {
      result.add(Filters.apply(name, item, rest, interpreter));
    }
    return Lazy.generator(result);
  }

  private static Lazy chosen(Object value, Predicate<Object> test, boolean reject) {
    var result = new ArrayList<Object>();
    // Jinja looks at the truth of the whole first, so none is fine here.
    for (Object item : Values.truth(value) ? Values.items(value) : List.of()) {
      if (test.test(item) != reject) {
        result.add(item);
      }
    }
    return Lazy.generator(result);
  }

  private static Predicate<Object> test(
      CallArguments arguments, int from, Interpreter interpreter) {
    if (arguments.count() <= from) {
      return Values::truth;
    }
    String name = Values.needText(arguments.positional().get(from)).value();
    List<Object> rest = arguments.positional().subList(from + 1, arguments.count());
    return item -> {
      interpreter.step();
      return Tests.test(name, item, rest);
    };
  }

  private static Predicate<Object> attributeTest(CallArguments arguments, Interpreter interpreter) {
    Object attribute = arguments.required(0, "attribute");
    Predicate<Object> test = test(arguments, 1, interpreter);
    return item -> test.test(deep(item, attribute));
  }

  /** What to compare items by: an attribute, and texts without regard to case unless asked for. */
  private static Object sortKey(Object item, Object attribute, boolean caseSensitive) {
    Object key = attribute instanceof None ? item : deep(item, attribute);
    return key instanceof Text text && !caseSensitive ? TextMethods.cased(text, "lower") : key;
  }

  private static Lazy unique(Object value, CallArguments arguments) {
    boolean caseSensitive = Values.truth(arguments.get(0, "case_sensitive", false));
    Object attribute = arguments.get(1, "attribute", None.NONE);
    var seen = new LinkedHashMap<Object, Object>();
    for (Object item : Values.items(value)) {
      seen.putIfAbsent(Values.key(sortKey(item, attribute, caseSensitive)), item);
    }
    return Lazy.generator(new ArrayList<>(seen.values()));
  }

  private static Object sort(Object value, CallArguments arguments) {
    boolean reverse = Values.truth(arguments.get(0, "reverse", false));
    boolean caseSensitive = Values.truth(arguments.get(1, "case_sensitive", false));
    Object attribute = arguments.get(2, "attribute", None.NONE);
    var items = new ArrayList<>(Values.items(value));
    Comparator<Object> order =
        (a, b) ->
            Values.compare(
                sortKey(a, attribute, caseSensitive), sortKey(b, attribute, caseSensitive), "<");
    items.sort(reverse ? order.reversed() : order);
    return items;
  }

  private static Object dictSort(Object value, CallArguments arguments) {
    boolean caseSensitive = Values.truth(arguments.get(0, "case_sensitive", false));
    boolean byValue = Writing.str(arguments.get(1, "by", Text.of("key"))).value().equals("value");
    boolean reverse = Values.truth(arguments.get(2, "reverse", false));
    if (!(value instanceof Map<?, ?> entries)) {
      Values.failUndefined(value);
      throw JinjaException.typeError("dictsort needs a dict, not " + Values.typeName(value));
    }
    List<Object> pairs = Methods.pairs(Values.uncheckedMap(entries));
    Object position = byValue ? 1L : 0L;
    Comparator<Object> order =
        (a, b) ->
            Values.compare(
                sortKey(a, position, caseSensitive), sortKey(b, position, caseSensitive), "<");
    pairs.sort(reverse ? order.reversed() : order);
    return pairs;
  }

  private static Object groupBy(Object value, CallArguments arguments) {
    Object attribute = arguments.required(0, "attribute");
    var groups = new LinkedHashMap<Object, List<Object>>();
    for (Object item : Values.items(value)) {
      Object key = deep(item, attribute);
      Object otherwise = arguments.get(1, "default", None.NONE);
      groups
          .computeIfAbsent(
              Values.key(key instanceof Undefined ? otherwise : key), k -> new ArrayList<>())
          .add(item);
    }
    var result = new ArrayList<Object>();
    groups.forEach((key, items) -> result.add(Tuple.of(key, items)));
    result.sort((a, b) ->
        Values.compare(((Tuple) a).items().getFirst(), ((Tuple) b).items().getFirst(), "<"));
    return result;
  }

  private static Lazy batch(Object value, CallArguments arguments) {
    int size = Math.max(1, arguments.integer(0, "linecount", 1));
    Object fill = arguments.get(1, "fill_with", None.NONE);
    List<Object> items = Values.items(value);
    var result = new ArrayList<Object>();
    for (int from = 0; from < items.size(); from += size) {
      var part = new ArrayList<>(items.subList(from, Math.min(items.size(), from + size)));
      Budget.check(size);
      while (!(fill instanceof None) && part.size() < size) {
        part.add(fill);
      }
      result.add(part);
    }
    return Lazy.generator(result);
  }

  private static Lazy slices(Object value, CallArguments arguments) {
    int slices = Math.clamp(arguments.integer(0, "slices", 1), 1, Budget.RANGE_MAX);
    Object fill = arguments.get(1, "fill_with", None.NONE);
    List<Object> items = Values.items(value);
    int each = items.size() / slices;
    int larger = items.size() % slices;
    var result = new ArrayList<Object>();
    int from = 0;
    for (int i = 0; i < slices; i++) {
      int size = each + (i < larger ? 1 : 0);
      var part = new ArrayList<>(items.subList(from, from + size));
      if (!(fill instanceof None) && larger > 0 && i >= larger) {
        part.add(fill);
      }
      result.add(part);
      from += size;
    }
    return Lazy.generator(result);
  }

  private static Object sum(Object value, CallArguments arguments) {
    Object attribute = arguments.get(0, "attribute", None.NONE);
    Object total = arguments.get(1, "start", 0L);
    for (Object item : Values.items(value)) {
      total = Operators.apply("+", total, attribute instanceof None ? item : deep(item, attribute));
    }
    return total;
  }

  private static Object extreme(Object value, CallArguments arguments, int sign) {
    boolean caseSensitive = Values.truth(arguments.get(0, "case_sensitive", false));
    Object attribute = arguments.get(1, "attribute", None.NONE);
    Object best = null;
    for (Object item : Values.items(value)) {
      boolean better =
          best == null
              || sign
                      * Values.compare(
                          sortKey(item, attribute, caseSensitive),
                          sortKey(best, attribute, caseSensitive),
                          "<")
                  > 0;
      best = better ? item : best;
    }
    return best == null ? new Undefined("No aggregated item, sequence was empty.") : best;
  }
}
