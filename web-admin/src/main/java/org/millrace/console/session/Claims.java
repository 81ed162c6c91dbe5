package org.millrace.console.session;

import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What Keycloak says about a person, from the first source that says it: the userinfo answer, the
 * identity token, the access token. Which of them carries a claim is a matter of each realm's
 * mappers.
 */
record Claims(List<Map<String, ?>> sources) {

  /** A claim with any number of texts; a single text counts as one. */
  List<String> texts(String name) {
    return sources.stream()
        .map(s -> textsOf(s.get(name)))
        .filter(texts -> !texts.isEmpty())
        .findFirst()
        .orElse(List.of());
  }

  Optional<String> text(String name) {
    return texts(name).stream().findFirst();
  }

  private static List<String> textsOf(@Nullable Object value) {
    return switch (value) {
      case null -> List.of();
      case JsonString text -> textsOf(text.getString());
      case Collection<?> many -> many.stream().flatMap(v -> textsOf(v).stream()).toList();
      case JsonValue other -> List.of();
      case String text -> text.isBlank() ? List.of() : List.of(text);
      default -> List.of(value.toString());
    };
  }
}
