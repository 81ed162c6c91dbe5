package org.millrace.inference.template.jinja;

import java.util.List;
import java.util.Map;

/** The values of a call's arguments. */
record CallArguments(List<Object> positional, Map<String, Object> named) {
  static final CallArguments NONE = new CallArguments(List.of(), Map.of());

  int count() {
    return positional.size();
  }

  /** The argument at {@code index} or of that name, or {@code otherwise}. */
  Object get(int index, String name, Object otherwise) {
    if (index < positional.size()) {
      return positional.get(index);
    }
    return named.getOrDefault(name, otherwise);
  }

  Object required(int index, String name) {
    if (index < positional.size()) {
      return positional.get(index);
    }
    Object value = named.get(name);
    if (value == null) {
      throw JinjaException.typeError("missing required argument: '" + name + "'");
    }
    return value;
  }

  int integer(int index, String name, int otherwise) {
    return Math.toIntExact(Numbers.whole(get(index, name, (long) otherwise)));
  }

  Text text(int index, String name) {
    return Values.needText(required(index, name));
  }
}
