package org.millrace.inference.template.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The kinds of values there are: {@link Text}, {@link Long}, {@link BigInteger} (only where a user
 * sent an integer beyond 64 bits), {@link Double}, {@link Boolean}, {@link None}, {@link
 * Undefined}, {@link List}, {@link Tuple}, {@link Map}, {@link Lazy}, {@link Namespace} and {@link
 * Callable}; and Python's rules for truth, equality, order and iteration over them.
 */
final class Values {
  private static final int CHARACTERS_MAX = 1_000_000;

  private Values() {}

  /**
   * A value of plain JSON.
   *
   * @param user whether a user wrote it
   */
  static Object of(@Nullable Object json, boolean user) {
    return switch (json) {
      case null -> None.NONE;
      case String text -> user ? Text.ofUser(text) : Text.of(text);
      case Boolean truth -> truth;
      case Double real -> real;
      case Float real -> real.doubleValue();
      // Readers of JSON give an integer of more than 64 bits as a decimal without places.
      case BigDecimal real -> real.scale() == 0 ? whole(real.toBigInteger()) : real.doubleValue();
      case BigInteger whole -> whole(whole);
      case Number whole -> whole.longValue();
      case List<?> items -> list(items, user);
      case Map<?, ?> entries -> map(entries, user);
      default ->
          throw new IllegalArgumentException(
              "a " + json.getClass().getName() + " is not plain JSON");
    };
  }

  private static Object whole(BigInteger whole) {
    return whole.bitLength() < 64 ? (Object) whole.longValue() : whole;
  }

  private static List<Object> list(List<?> items, boolean user) {
    var result = new ArrayList<Object>(items.size());
    for (Object item : items) {
      result.add(of(item, user));
    }
    return result;
  }

  private static Map<Object, Object> map(Map<?, ?> entries, boolean user) {
    var result = new LinkedHashMap<Object, Object>();
    entries.forEach((key, value) -> result.put(of(String.valueOf(key), user), of(value, user)));
    return result;
  }

  /** Python's name of the value's type. */
  static String typeName(Object value) {
    return switch (value) {
      case Text text -> text.safe() ? "Markup" : "str";
      case Boolean b -> "bool";
      case Long l -> "int";
      case BigInteger i -> "int";
      case Double d -> "float";
      case None n -> "NoneType";
      case Undefined u -> "Undefined";
      case List<?> l -> "list";
      case Tuple t -> "tuple";
      case Map<?, ?> m -> "dict";
      case Lazy lazy -> lazy.type();
      case Namespace n -> "Namespace";
      case LoopState loop -> "LoopContext";
      case MacroValue macro -> "Macro";
      default -> "function";
    };
  }

  static boolean truth(Object value) {
    return switch (value) {
      case Text text -> !text.isEmpty();
      case Boolean truth -> truth;
      case Long whole -> whole != 0;
      case Double real -> real != 0;
      case None n -> false;
      case Undefined u -> false;
      case List<?> items -> !items.isEmpty();
      case Tuple tuple -> !tuple.items().isEmpty();
      case Map<?, ?> entries -> !entries.isEmpty();
      case Lazy lazy -> !lazy.hasLength() || !lazy.items().isEmpty();
      default -> true;
    };
  }

  static boolean equal(Object left, Object right) {
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return Numbers.compare(left, right) == 0;
    }
    return switch (left) {
      case List<?> items -> right instanceof List<?> others && equalItems(items, others);
      case Tuple(List<Object> items) ->
          right instanceof Tuple(List<Object> others) && equalItems(items, others);
      case Map<?, ?> entries -> right instanceof Map<?, ?> others && equalEntries(entries, others);
      case Undefined u -> right instanceof Undefined;
      default -> left.equals(right);
    };
  }

  private static boolean equalItems(List<?> items, List<?> others) {
    if (items.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < items.size(); i++) {
      if (!equal(items.get(i), others.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalEntries(Map<?, ?> entries, Map<?, ?> others) {
    if (entries.size() != others.size()) {
      return false;
    }
    for (var entry : entries.entrySet()) {
      Object other = others.get(entry.getKey());
      if (other == null || !equal(entry.getValue(), other)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Python's order. Texts compare by code point, numbers by size, sequences by their first
   * difference.
   */
  static int compare(Object left, Object right, String operator) {
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return Numbers.compare(left, right);
    }
    if (left instanceof Text text && right instanceof Text other) {
      return compareCodePoints(text.value(), other.value());
    }
    if (left instanceof List<?> items && right instanceof List<?> others) {
      return compareItems(items, others, operator);
    }
    if (left instanceof Tuple(List<Object> items) && right instanceof Tuple(List<Object> others)) {
      return compareItems(items, others, operator);
    }
    failUndefined(left);
    failUndefined(right);
    throw JinjaException.typeError(
        "'%s' not supported between instances of '%s' and '%s'"
            .formatted(operator, typeName(left), typeName(right)));
  }

  private static int compareCodePoints(String left, String right) {
    int[] a = left.codePoints().toArray();
    int[] b = right.codePoints().toArray();
    return java.util.Arrays.compare(a, b);
  }

  private static int compareItems(List<?> items, List<?> others, String operator) {
    for (int i = 0; i < Math.min(items.size(), others.size()); i++) {
      if (!equal(items.get(i), others.get(i))) {
        return compare(items.get(i), others.get(i), operator);
      }
    }
    return Integer.compare(items.size(), others.size());
  }

  /** The items a {@code for} goes over, or empty where the value is not iterable. */
  static @Nullable List<Object> itemsOrNull(Object value) {
    return switch (value) {
      case List<?> items -> uncheckedList(items);
      case Tuple tuple -> tuple.items();
      case Lazy lazy -> lazy.items();
      case Map<?, ?> entries -> new ArrayList<>(entries.keySet());
      case Text text -> characters(text);
      case Undefined u -> List.of();
      default -> null;
    };
  }

  @SuppressWarnings("unchecked")
  static List<Object> uncheckedList(List<?> items) {
    return (List<Object>) items;
  }

  @SuppressWarnings("unchecked")
  static Map<Object, Object> uncheckedMap(Map<?, ?> entries) {
    return (Map<Object, Object>) entries;
  }

  static List<Object> items(Object value) {
    List<Object> items = itemsOrNull(value);
    if (items == null) {
      throw JinjaException.typeError("'%s' object is not iterable".formatted(typeName(value)));
    }
    return items;
  }

  private static List<Object> characters(Text text) {
    if (text.units() > CHARACTERS_MAX) {
      throw JinjaException.tooMuch(
          "the template goes over the characters of a text of %d; the limit is %d"
              .formatted(text.units(), CHARACTERS_MAX));
    }
    var result = new ArrayList<Object>(text.units());
    int at = 0;
    while (at < text.units()) {
      int end = at + Character.charCount(text.value().codePointAt(at));
      result.add(text.slice(at, end));
      at = end;
    }
    return result;
  }

  static long length(Object value) {
    return switch (value) {
      case Text text -> text.length();
      case List<?> items -> items.size();
      case Tuple tuple -> tuple.items().size();
      case Map<?, ?> entries -> entries.size();
      case Lazy lazy when lazy.hasLength() -> lazy.items().size();
      case Undefined u -> 0;
      default ->
          throw JinjaException.typeError(
              "object of type '%s' has no len()".formatted(typeName(value)));
    };
  }

  static boolean contains(Object container, Object item) {
    return switch (container) {
      case Text text -> {
        if (!(item instanceof Text part)) {
          failUndefined(item);
          throw JinjaException.typeError(
              "'in <string>' requires string as left operand, not " + typeName(item));
        }
        yield text.value().contains(part.value());
      }
      case Map<?, ?> entries -> entries.containsKey(key(item));
      default -> {
        List<Object> items = itemsOrNull(container);
        if (items == null) {
          throw JinjaException.typeError(
              "argument of type '%s' is not iterable".formatted(typeName(container)));
        }
        yield items.stream().anyMatch(one -> equal(one, item));
      }
    };
  }

  /** The value as a key of a dict: equal numbers are one key. */
  static Object key(Object value) {
    return switch (value) {
      case List<?> l -> throw JinjaException.typeError("unhashable type: 'list'");
      case Map<?, ?> m -> throw JinjaException.typeError("unhashable type: 'dict'");
      case Boolean truth -> truth ? 1L : 0L;
      case Double real when real == Math.rint(real) && Math.abs(real) < 1e15 -> real.longValue();
      default -> value;
    };
  }

  static void failUndefined(Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.error();
    }
  }

  static Text needText(Object value) {
    if (value instanceof Text text) {
      return text;
    }
    failUndefined(value);
    throw JinjaException.typeError("expected a string, got '%s'".formatted(typeName(value)));
  }
}
