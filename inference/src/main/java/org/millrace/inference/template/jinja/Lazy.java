package org.millrace.inference.template.jinja;

import java.util.List;

/**
 * What Python makes lazily: a generator, a view of a dict, a range. The items are computed, but it
 * has no length and no JSON form where Python's has none.
 *
 * @param type Python's name of the type
 * @param written how Python writes it, where that does not follow from the items
 */
record Lazy(String type, List<Object> items, String written) {
  Lazy(String type, List<Object> items) {
    this(type, items, "<" + type + " object>");
  }

  static Lazy generator(List<Object> items) {
    return new Lazy("generator", items);
  }

  boolean hasLength() {
    return type.startsWith("dict_") || type.equals("range");
  }
}
