package org.millrace.inference.template.jinja;

import java.util.List;

/**
 * What Python makes lazily: a generator, a view of a dict, a range. The items are computed, but it
 * has no length and no JSON form where Python's has none.
 *
 * @param type Python's name of the type
 */
record Lazy(String type, List<Object> items) {
  static Lazy generator(List<Object> items) {
    return new Lazy("generator", items);
  }

  boolean hasLength() {
    return type.startsWith("dict_") || type.equals("range");
  }
}
