package org.millrace.inference.template.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Attributes, subscripts and slices, as Jinja looks them up: an attribute may be a method or a key,
 * a key may be an attribute.
 */
final class Access {
  private Access() {}

  static Object attribute(Object target, String name) {
    Values.failUndefined(target);
    Callable method = Methods.find(target, name);
    if (method != null) {
      return method;
    }
    return switch (target) {
      case Map<?, ?> entries -> {
        Object value = entries.get(Text.of(name));
        yield value == null ? missing(target, name) : value;
      }
      case Namespace namespace -> namespace.get(name);
      case LoopState loop -> loop.get(name);
      case MacroValue macro when name.equals("name") -> Text.of(macro.name());
      default -> missing(target, name);
    };
  }

  static Object subscript(Object target, Object key) {
    Values.failUndefined(target);
    Object found =
        switch (target) {
          case Map<?, ?> entries when !(key instanceof List<?> || key instanceof Map<?, ?>) ->
              entries.get(Values.key(key));
          case List<?> items when isIndex(key) -> at(Values.uncheckedList(items), key);
          case Tuple tuple when isIndex(key) -> at(tuple.items(), key);
          case Lazy lazy when lazy.type().equals("range") && isIndex(key) -> at(lazy.items(), key);
          case Text text when isIndex(key) -> character(text, Numbers.whole(key));
          default -> null;
        };
    if (found != null) {
      return found;
    }
    if (key instanceof Text name) {
      return attribute(target, name.value());
    }
    return new Undefined(typeOf(target) + " has no element " + Writing.repr(key).value());
  }

  private static boolean isIndex(Object key) {
    return key instanceof Long || key instanceof Boolean;
  }

  private static @Nullable Object at(List<Object> items, Object key) {
    long index = Numbers.whole(key);
    long real = index < 0 ? index + items.size() : index;
    return real < 0 || real >= items.size() ? null : items.get((int) real);
  }

  private static @Nullable Object character(Text text, long index) {
    int length = text.length();
    long real = index < 0 ? index + length : index;
    if (real < 0 || real >= length) {
      return null;
    }
    return text.slice(text.offset((int) real), text.offset((int) real + 1));
  }

  static Undefined missing(Object target, String name) {
    return new Undefined("'%s' has no attribute '%s'".formatted(typeOf(target), name));
  }

  private static String typeOf(Object target) {
    return target instanceof None ? "None" : Values.typeName(target) + " object";
  }

  static Object slice(Object target, Object from, Object to, Object step) {
    Values.failUndefined(target);
    long stride = step instanceof None ? 1 : Numbers.whole(step);
    if (stride == 0) {
      throw new JinjaException("ValueError", "slice step cannot be zero");
    }
    return switch (target) {
      case List<?> items -> picked(Values.uncheckedList(items), from, to, stride);
      case Tuple tuple -> new Tuple(picked(tuple.items(), from, to, stride));
      case Lazy lazy when lazy.type().equals("range") ->
          new Lazy("range", picked(lazy.items(), from, to, stride));
      case Text text when stride == 1 -> part(text, from, to);
      case Text text -> {
        var out = new TextBuilder();
        picked(Values.items(text), from, to, stride).forEach(c -> out.append((Text) c));
        yield out.toText().asSafe(text.safe());
      }
      default ->
          throw JinjaException.typeError(
              "'%s' object is not subscriptable".formatted(Values.typeName(target)));
    };
  }

  private static Text part(Text text, Object from, Object to) {
    int length = text.length();
    int start = (int) bound(from, 0, length, 0, length);
    int end = (int) bound(to, length, length, 0, length);
    return start >= end
        ? Text.EMPTY.asSafe(text.safe())
        : text.slice(text.offset(start), text.offset(end));
  }

  private static List<Object> picked(List<Object> items, Object from, Object to, long step) {
    int size = items.size();
    long start =
        step > 0 ? bound(from, 0, size, 0, size) : bound(from, size - 1, size, -1, size - 1);
    long end = step > 0 ? bound(to, size, size, 0, size) : bound(to, -1, size, -1, size - 1);
    var result = new ArrayList<Object>();
    for (long i = start; step > 0 ? i < end : i > end; i += step) {
      result.add(items.get((int) i));
    }
    return result;
  }

  private static long bound(Object given, long otherwise, int size, long least, long most) {
    if (given instanceof None) {
      return otherwise;
    }
    long index = Numbers.whole(given);
    return Math.clamp(index < 0 ? index + size : index, least, most);
  }
}
