package org.millrace.inference.template.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a template is given of a user: every character is marked as the user's, but for the roles of
 * messages. Templates build special tokens of roles ({@code '<|' + role + '|>'}), so a role that is
 * a plain word counts as the template's.
 */
public final class UserValues {
  private static final Pattern PLAIN_WORD = Pattern.compile("[A-Za-z_]{1,32}");
  private final Map<String, Object> values = new LinkedHashMap<>();

  /** Adds a variable of plain JSON. */
  public UserValues with(String name, @Nullable Object json) {
    values.put(
        name,
        name.equals("messages") && json instanceof List<?> messages
            ? messages(messages)
            : Values.of(json, true));
    return this;
  }

  private static List<Object> messages(List<?> messages) {
    var result = new ArrayList<Object>(messages.size());
    for (Object message : messages) {
      Object value = Values.of(message, true);
      if (value instanceof Map<?, ?> fields
          && fields.get(Text.of("role")) instanceof Text role
          && PLAIN_WORD.matcher(role.value()).matches()) {
        Values.uncheckedMap(fields).put(Text.of("role"), Text.of(role.value()));
      }
      result.add(value);
    }
    return result;
  }

  Map<String, Object> values() {
    return values;
  }
}
