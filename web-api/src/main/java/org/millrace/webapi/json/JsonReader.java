package org.millrace.webapi.json;

import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParserFactory;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;

/**
 * Parses one JSON object into a plain tree of {@link Map}, {@link List}, {@link String}, {@link
 * Long} or {@link BigDecimal}, {@link Boolean} and {@code null}.
 *
 * <p>Stricter than RFC 8259 where leniency is dangerous: UTF-8 only, no member twice in one object,
 * at most {@link #DEPTH_MAX} levels.
 */
public final class JsonReader {
  /** Deep enough for any tool's schema; far from what exhausts a stack. */
  public static final int DEPTH_MAX = 64;

  private static final JsonParserFactory PARSERS = Json.createParserFactory(Map.of());

  private final JsonParser parser;

  private JsonReader(JsonParser parser) {
    this.parser = parser;
  }

  /** The members of the object that {@code body} holds. */
  public static Map<String, @Nullable Object> object(byte[] body) {
    var text = decode(body);
    if (text.isBlank()) {
      throw invalid("the body is empty");
    }
    try (var parser = PARSERS.createParser(new StringReader(text))) {
      return new JsonReader(parser).wholeObject();
    } catch (JsonException
        | NoSuchElementException
        | IllegalStateException
        | ArithmeticException
        | NumberFormatException
        | UnsupportedOperationException e) {
      // The last is how the parser refuses a number of more digits than anybody needs.
      throw invalid(firstLine(e));
    }
  }

  private Map<String, @Nullable Object> wholeObject() {
    if (parser.next() != JsonParser.Event.START_OBJECT) {
      throw invalid("the body must be a JSON object");
    }
    var members = members(1);
    if (parser.hasNext()) {
      throw invalid("there is text after the end of the object");
    }
    return members;
  }

  private @Nullable Object value(JsonParser.Event event, int depth) {
    return switch (event) {
      case START_OBJECT -> members(depth + 1);
      case START_ARRAY -> elements(depth + 1);
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER -> number();
      case VALUE_TRUE -> Boolean.TRUE;
      case VALUE_FALSE -> Boolean.FALSE;
      case VALUE_NULL -> null;
      case KEY_NAME, END_ARRAY, END_OBJECT ->
          throw new IllegalStateException("unexpected " + event);
    };
  }

  private Map<String, @Nullable Object> members(int depth) {
    checkDepth(depth);
    var members = new LinkedHashMap<String, @Nullable Object>();
    while (true) {
      if (parser.next() == JsonParser.Event.END_OBJECT) {
        return members;
      }
      var name = parser.getString();
      if (members.containsKey(name)) {
        throw invalid("the member '" + name + "' is there twice in one object");
      }
      members.put(name, value(parser.next(), depth));
    }
  }

  private List<@Nullable Object> elements(int depth) {
    checkDepth(depth);
    var elements = new ArrayList<@Nullable Object>();
    while (true) {
      var event = parser.next();
      if (event == JsonParser.Event.END_ARRAY) {
        return elements;
      }
      elements.add(value(event, depth));
    }
  }

  private Object number() {
    var number = parser.getBigDecimal();
    // A whole number keeps its type, so that 1 and 1.0 can be told apart in an error; 1e3 is a
    // decimal.
    return parser.isIntegralNumber() && number.precision() <= 18
        ? (Object) number.longValueExact()
        : number;
  }

  private static void checkDepth(int depth) {
    if (depth > DEPTH_MAX) {
      throw invalid("it nests deeper than " + DEPTH_MAX + " levels");
    }
  }

  private static String decode(byte[] body) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(body))
          .toString();
    } catch (CharacterCodingException e) {
      throw invalid("the body is not valid UTF-8");
    }
  }

  /** Parsers repeat what they read; one short line is enough to find the place. */
  private static String firstLine(RuntimeException e) {
    var message = e.getMessage() == null ? "it ends too early" : e.getMessage();
    var line = message.lines().findFirst().orElse("it ends too early");
    return line.length() <= 200 ? line : line.substring(0, 200) + "...";
  }

  private static ApiException invalid(String why) {
    return new ApiException(
        ApiError.INVALID_JSON,
        "We could not parse the JSON body of your request: "
            + why
            + ". The API expects one JSON object.");
  }
}
