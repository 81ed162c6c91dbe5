package org.millrace.inference.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes schemas of the supported keywords. The same seed makes the same schema. */
final class RandomSchemas {
  private final Random random;

  RandomSchemas(long seed) {
    this.random = new Random(seed);
  }

  String schema() {
    return schema(3);
  }

  private String schema(int depth) {
    return switch (random.nextInt(depth > 0 ? 11 : 7)) {
      case 0 -> "{\"type\":\"boolean\"}";
      case 1 -> integer();
      case 2 -> number();
      case 3 -> string();
      case 4 -> "{\"enum\":[\"a\",\"ab\",%d,null]}".formatted(random.nextInt(1_000));
      case 5 -> "{\"type\":[\"string\",\"null\"],\"maxLength\":%d}".formatted(random.nextInt(9));
      case 6 -> "{\"type\":\"string\",\"pattern\":\"%s\"}".formatted(pattern());
      case 7 -> "{\"anyOf\":[%s,%s]}".formatted(schema(depth - 1), schema(depth - 1));
      case 8 -> array(depth);
      default -> object(depth);
    };
  }

  private String integer() {
    int low = random.nextInt(20_000) - 10_000;
    return switch (random.nextInt(4)) {
      case 0 -> "{\"type\":\"integer\"}";
      case 1 -> "{\"type\":\"integer\",\"minimum\":%d}".formatted(low);
      case 2 -> "{\"type\":\"integer\",\"multipleOf\":%d}".formatted(1 + random.nextInt(50));
      default ->
          "{\"type\":\"integer\",\"minimum\":%d,\"exclusiveMaximum\":%d}"
              .formatted(low, low + 1 + random.nextInt(3_000));
    };
  }

  private String number() {
    double low = (random.nextInt(20_000) - 10_000) / 100.0;
    return switch (random.nextInt(4)) {
      case 0 -> "{\"type\":\"number\"}";
      case 1 -> "{\"type\":\"number\",\"exclusiveMaximum\":%s}".formatted(low);
      case 2 -> "{\"type\":\"number\",\"multipleOf\":0.001,\"minimum\":%s}".formatted(low);
      default ->
          "{\"type\":\"number\",\"exclusiveMinimum\":%s,\"maximum\":%s}"
              .formatted(low, low + 0.01 + random.nextInt(100));
    };
  }

  private String string() {
    int min = random.nextInt(6);
    return random.nextBoolean()
        ? "{\"type\":\"string\"}"
        : "{\"type\":\"string\",\"minLength\":%d,\"maxLength\":%d}"
            .formatted(min, min + random.nextInt(40));
  }

  private String pattern() {
    return List.of("^[a-c]{1,4}$", "x+", "^(?:on|off)$", "\\\\d{2}", "^[^\\\\n]{2}", "[.]$")
        .get(random.nextInt(6));
  }

  private String array(int depth) {
    int min = random.nextInt(3);
    return "{\"type\":\"array\",\"items\":%s,\"minItems\":%d,\"maxItems\":%d}"
        .formatted(schema(depth - 1), min, min + random.nextInt(3));
  }

  private String object(int depth) {
    List<String> properties = new ArrayList<>();
    List<String> required = new ArrayList<>();
    for (String name : List.of("a", "ab", "b \\\"q\\\"", "\u00e4").subList(0, random.nextInt(5))) {
      properties.add("\"%s\":%s".formatted(name, schema(depth - 1)));
      if (random.nextBoolean()) {
        required.add("\"" + name + "\"");
      }
    }
    String others =
        switch (random.nextInt(3)) {
          case 0 -> "";
          case 1 -> ",\"additionalProperties\":false";
          default -> ",\"additionalProperties\":{\"type\":\"integer\"}";
        };
    return "{\"type\":\"object\",\"properties\":{%s},\"required\":[%s]%s}"
        .formatted(String.join(",", properties), String.join(",", required), others);
  }
}
