package org.millrace.inference.template.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Jinja's {@code namespace()}: the one value whose attributes a template can set, also from inside
 * a loop.
 */
final class Namespace {
  private final Map<String, Object> attributes = new LinkedHashMap<>();

  Object get(String name) {
    Object value = attributes.get(name);
    return value == null
        ? new Undefined("'jinja2.utils.Namespace object' has no attribute '%s'".formatted(name))
        : value;
  }

  void set(String name, Object value) {
    attributes.put(name, value);
  }
}
