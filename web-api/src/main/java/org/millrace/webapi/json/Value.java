package org.millrace.webapi.json;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;

/**
 * A JSON value together with the parameter it came from, so that every refusal can name it.
 *
 * @param parameter as OpenAI names it, e.g. {@code messages[2].content}
 * @param content a plain tree
 */
public record Value(String parameter, @Nullable Object content) {

  public boolean isNull() {
    return content == null;
  }

  public boolean isText() {
    return content instanceof String;
  }

  public boolean isArray() {
    return content instanceof List<?>;
  }

  public boolean isObject() {
    return content instanceof Map<?, ?>;
  }

  public boolean isWhole() {
    return content instanceof Long;
  }

  public String text() {
    return content instanceof String text ? text : wrongType("a string");
  }

  public boolean flag() {
    return content instanceof Boolean flag ? flag : wrongType("a boolean");
  }

  /** A whole number that fits 64 bits. */
  public long whole() {
    if (content instanceof Long number) {
      return number;
    }
    if (content instanceof BigDecimal number && isIntegral(number)) {
      try {
        return number.longValueExact();
      } catch (ArithmeticException e) {
        throw new ApiException(
            ApiError.INVALID_VALUE,
            "Invalid '%s': %s does not fit a 64-bit integer.".formatted(parameter, shown()),
            parameter);
      }
    }
    return wrongType("an integer");
  }

  /** A whole number of {@code [min, max]}. */
  public int whole(int min, int max) {
    var number = whole();
    checkRange(
        BigDecimal.valueOf(number), "integer", BigDecimal.valueOf(min), BigDecimal.valueOf(max));
    return (int) number;
  }

  public BigDecimal decimal() {
    return switch (content) {
      case Long number -> BigDecimal.valueOf(number);
      case BigDecimal number -> number;
      case null, default -> wrongType("a decimal");
    };
  }

  /** A number of {@code [min, max]}. */
  public float decimal(String min, String max) {
    var number = decimal();
    checkRange(number, "decimal", new BigDecimal(min), new BigDecimal(max));
    return number.floatValue();
  }

  /** The elements; {@code expected} says what the whole may be, for the refusal. */
  public List<Value> elements(String expected) {
    if (!(content instanceof List<?> array)) {
      return wrongType(expected);
    }
    var elements = new ArrayList<Value>(array.size());
    for (var element : array) {
      elements.add(new Value(parameter + "[" + elements.size() + "]", element));
    }
    return elements;
  }

  public List<Value> elements() {
    return elements("an array");
  }

  @SuppressWarnings("unchecked") // the parser makes no other maps
  public Fields fields() {
    return content instanceof Map<?, ?> object
        ? new Fields(parameter + ".", (Map<String, @Nullable Object>) object)
        : this.<Fields>wrongType("an object");
  }

  /** Refuses this value for its type. */
  public <T> T wrongType(String expected) {
    throw new ApiException(
        ApiError.INVALID_TYPE,
        "Invalid type for '%s': expected %s, but got %s instead."
            .formatted(parameter, expected, Kind.of(content).words()),
        parameter);
  }

  /** Refuses this value for what it says. */
  public ApiException invalid(String why) {
    return new ApiException(
        ApiError.INVALID_VALUE, "Invalid '%s': %s".formatted(parameter, why), parameter);
  }

  private void checkRange(BigDecimal number, String kind, BigDecimal min, BigDecimal max) {
    if (number.compareTo(min) < 0) {
      throw new ApiException(
          ApiError.BELOW_MINIMUM,
          "Invalid '%s': %s below minimum value. Expected a value >= %s, but got %s instead."
              .formatted(parameter, kind, min.toPlainString(), shown()),
          parameter);
    }
    if (number.compareTo(max) > 0) {
      throw new ApiException(
          ApiError.ABOVE_MAXIMUM,
          "Invalid '%s': %s above maximum value. Expected a value <= %s, but got %s instead."
              .formatted(parameter, kind, max.toPlainString(), shown()),
          parameter);
    }
  }

  /** The number as it came, never longer than a line: 1e400000 must not become 400,000 digits. */
  private String shown() {
    var text = String.valueOf(content);
    return text.length() <= 40 ? text : text.substring(0, 40) + "...";
  }

  private static boolean isIntegral(BigDecimal number) {
    return number.signum() == 0 || number.stripTrailingZeros().scale() <= 0;
  }
}
