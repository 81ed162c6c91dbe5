package org.millrace.inference.grammar.schema;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.json.Json;

/**
 * A schema object and its place.
 *
 * @param pointer JSON pointer from the root, which is empty
 * @param done keywords that were taken care of
 */
record Source(Map<String, Json> members, String pointer, Set<String> done) {
  @Nullable Json get(String keyword) {
    return done.contains(keyword) ? null : members.get(keyword);
  }

  Source without(String keyword) {
    var more = new HashSet<>(done);
    more.add(keyword);
    return new Source(members, pointer, Set.copyOf(more));
  }

  /** The place of a keyword's value. */
  String at(String keyword) {
    return pointer + "/" + keyword.replace("~", "~0").replace("/", "~1");
  }

  /** This place as messages show it. */
  String place() {
    return pointer.isEmpty() ? "/" : pointer;
  }

  String key() {
    return done.isEmpty()
        ? pointer
        : pointer + " " + String.join(" ", done.stream().sorted().toList());
  }
}
