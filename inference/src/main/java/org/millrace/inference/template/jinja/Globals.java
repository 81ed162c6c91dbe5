package org.millrace.inference.template.jinja;

import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/** The functions that every template can call. */
final class Globals {
  private Globals() {}

  static Scope scope(ZonedDateTime now) {
    var scope = new Scope(null);
    scope.set("range", (Callable) Globals::range);
    scope.set("namespace", (Callable) Globals::namespace);
    scope.set("dict", (Callable) Globals::dict);
    scope.set("joiner", (Callable) Globals::joiner);
    scope.set("raise_exception", (Callable) Globals::raise);
    scope.set(
        "strftime_now",
        (Callable) arguments -> Text.of(Dates.format(arguments.text(0, "format").value(), now)));
    return scope;
  }

  private static Object range(CallArguments arguments) {
    int count = arguments.count();
    long first = Numbers.whole(arguments.required(0, "stop"));
    long from = count > 1 ? first : 0;
    long to = count > 1 ? Numbers.whole(arguments.positional().get(1)) : first;
    long step = count > 2 ? Numbers.whole(arguments.positional().get(2)) : 1;
    if (step == 0) {
      throw new JinjaException("ValueError", "range() arg 3 must not be zero");
    }
    var items = new ArrayList<Object>();
    for (long i = from; step > 0 ? i < to : i > to; i = Math.addExact(i, step)) {
      if (items.size() >= Budget.RANGE_MAX) {
        throw new JinjaException(
            "OverflowError",
            "Range too big. The sandbox blocks ranges larger than MAX_RANGE (%d)."
                .formatted(Budget.RANGE_MAX));
      }
      items.add(i);
    }
    String written =
        step == 1
            ? "range(%d, %d)".formatted(from, to)
            : "range(%d, %d, %d)".formatted(from, to, step);
    return new Lazy("range", items, written);
  }

  private static Object namespace(CallArguments arguments) {
    var namespace = new Namespace();
    for (Object given : arguments.positional()) {
      for (Object pair :
          given instanceof java.util.Map<?, ?> map
              ? Methods.pairs(Values.uncheckedMap(map))
              : Values.items(given)) {
        List<Object> both = Values.items(pair);
        namespace.set(Values.needText(both.get(0)).value(), both.get(1));
      }
    }
    arguments.named().forEach(namespace::set);
    return namespace;
  }

  private static Object dict(CallArguments arguments) {
    var result = new LinkedHashMap<Object, Object>();
    for (Object given : arguments.positional()) {
      if (given instanceof java.util.Map<?, ?> entries) {
        result.putAll(Values.uncheckedMap(entries));
      } else {
        for (Object pair : Values.items(given)) {
          List<Object> both = Values.items(pair);
          result.put(Values.key(both.get(0)), both.get(1));
        }
      }
    }
    arguments.named().forEach((name, value) -> result.put(Text.of(name), value));
    return result;
  }

  private static Object joiner(CallArguments arguments) {
    Text separator = Writing.str(arguments.get(0, "sep", Text.of(", ")));
    boolean[] used = {false};
    return (Callable)
        nothing -> {
          Text result = used[0] ? separator : Text.EMPTY;
          used[0] = true;
          return result;
        };
  }

  private static Object raise(CallArguments arguments) {
    throw new JinjaException(
        "TemplateError", Writing.str(arguments.required(0, "message")).value());
  }
}
