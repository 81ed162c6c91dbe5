package org.millrace.webapi.json;

import jakarta.json.Json;
import jakarta.json.stream.JsonGenerator;
import jakarta.json.stream.JsonGeneratorFactory;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes plain trees as compact JSON. */
public final class JsonWriter {
  private static final JsonGeneratorFactory GENERATORS = Json.createGeneratorFactory(Map.of());

  private JsonWriter() {}

  public static byte[] bytes(Map<String, ? extends @Nullable Object> object) {
    return text(object).getBytes(StandardCharsets.UTF_8);
  }

  public static String text(Map<String, ? extends @Nullable Object> object) {
    var out = new StringWriter(256);
    try (var generator = GENERATORS.createGenerator(out)) {
      write(generator, object);
    }
    return out.toString();
  }

  /** Any tree as text. */
  public static String value(@Nullable Object value) {
    var out = new StringWriter(256);
    try (var generator = GENERATORS.createGenerator(out)) {
      write(generator, value);
    }
    return out.toString();
  }

  private static void write(JsonGenerator out, @Nullable Object value) {
    switch (value) {
      case null -> out.writeNull();
      case String text -> out.write(text);
      case Boolean flag -> out.write(flag);
      case Integer number -> out.write(number);
      case Long number -> out.write(number);
      case Float number -> out.write(new BigDecimal(number.toString()));
      case Double number -> out.write(new BigDecimal(number.toString()));
      case BigDecimal number -> out.write(number);
      case Map<?, ?> object -> {
        out.writeStartObject();
        object.forEach((name, member) -> {
          out.writeKey(String.valueOf(name));
          write(out, member);
        });
        out.writeEnd();
      }
      case List<?> array -> {
        out.writeStartArray();
        array.forEach(element -> write(out, element));
        out.writeEnd();
      }
      // Instants, ids and the like have one textual form.
      default -> out.write(value.toString());
    }
  }
}
