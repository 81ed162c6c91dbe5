package org.millrace.webapi.json;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Builds a JSON object in the order in which its members are to be written; {@code null} is a
 * value.
 */
public final class Tree {
  private final Map<String, @Nullable Object> members = new LinkedHashMap<>();

  private Tree() {}

  public static Tree of(String name, @Nullable Object value) {
    return new Tree().with(name, value);
  }

  public Tree with(String name, @Nullable Object value) {
    members.put(name, value);
    return this;
  }

  public Map<String, @Nullable Object> members() {
    return members;
  }
}
