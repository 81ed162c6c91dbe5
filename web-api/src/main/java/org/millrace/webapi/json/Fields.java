package org.millrace.webapi.json;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;

/**
 * The members of a JSON object, to be read by name. A member that is {@code null} counts as not
 * given, as OpenAI's clients send it for unset values.
 */
public final class Fields {
  private final String prefix;
  private final Map<String, @Nullable Object> members;

  Fields(String prefix, Map<String, @Nullable Object> members) {
    this.prefix = prefix;
    this.members = members;
  }

  /** The outermost object of a body. */
  public static Fields of(Map<String, @Nullable Object> members) {
    return new Fields("", members);
  }

  public Collection<String> names() {
    return members.keySet();
  }

  /** The member, also where it is {@code null} or missing. */
  public Value value(String name) {
    return new Value(prefix + name, members.get(name));
  }

  public Optional<Value> given(String name) {
    var value = value(name);
    return value.isNull() ? Optional.empty() : Optional.of(value);
  }

  public Value required(String name) {
    return given(name).orElseThrow(() -> missing(name));
  }

  public @Nullable String text(String name) {
    return given(name).map(Value::text).orElse(null);
  }

  public boolean flag(String name, boolean otherwise) {
    return given(name).map(Value::flag).orElse(otherwise);
  }

  public @Nullable Integer whole(String name, int min, int max) {
    return given(name).map(value -> value.whole(min, max)).orElse(null);
  }

  public @Nullable Float decimal(String name, String min, String max) {
    return given(name).map(value -> value.decimal(min, max)).orElse(null);
  }

  public @Nullable Fields object(String name) {
    return given(name).map(Value::fields).orElse(null);
  }

  public List<Value> elements(String name) {
    return given(name).map(Value::elements).orElse(List.of());
  }

  public ApiException missing(String name) {
    return new ApiException(
        ApiError.MISSING_PARAMETER,
        "Missing required parameter: '%s'.".formatted(prefix + name),
        prefix + name);
  }
}
