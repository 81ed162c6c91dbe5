package org.millrace.inference.grammar.json;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.millrace.inference.grammar.bounds.GrammarException;
import org.millrace.inference.grammar.bounds.GrammarLimits;

/** Parses JSON as RFC 8259 has it; no member twice in one object. */
public final class JsonParser {
  private static final Pattern NUMBER =
      Pattern.compile("-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?");
  private static final int NUMBER_CHARACTERS_MAX = 400;
  private static final char END = 0;

  private final String text;
  private int at;

  private JsonParser(String text) {
    this.text = text;
  }

  /**
   * @throws GrammarException saying what is wrong, and at which character
   */
  public static Json parse(String text) {
    GrammarLimits.checkSource("the JSON text", text.length());
    var parser = new JsonParser(text);
    Json value = parser.value(0);
    parser.skipSpace();
    if (parser.at < text.length()) {
      throw parser.wrong("there is text after the end of the value");
    }
    return value;
  }

  private Json value(int depth) {
    GrammarLimits.checkDepth("the JSON text", depth);
    skipSpace();
    return switch (peek()) {
      case '{' -> object(depth);
      case '[' -> array(depth);
      case '"' -> new Json.JsonString(string());
      case 't' -> word("true", new Json.JsonBoolean(true));
      case 'f' -> word("false", new Json.JsonBoolean(false));
      case 'n' -> word("null", new Json.JsonNull());
      default -> number();
    };
  }

  private Json object(int depth) {
    at++;
    var members = new LinkedHashMap<String, Json>();
    skipSpace();
    while (peek() != '}') {
      if (!members.isEmpty()) {
        expect(',');
        skipSpace();
      }
      if (peek() != '"') {
        throw wrong("a member's name is missing");
      }
      String name = string();
      skipSpace();
      expect(':');
      if (members.put(name, value(depth + 1)) != null) {
        throw wrong("the member '" + shortened(name) + "' is there twice in one object");
      }
      skipSpace();
    }
    at++;
    return new Json.JsonObject(members);
  }

  private Json array(int depth) {
    at++;
    List<Json> items = new ArrayList<>();
    skipSpace();
    while (peek() != ']') {
      if (!items.isEmpty()) {
        expect(',');
      }
      items.add(value(depth + 1));
      skipSpace();
    }
    at++;
    return new Json.JsonArray(items);
  }

  private String string() {
    at++;
    var out = new StringBuilder();
    while (true) {
      char c = peek();
      at++;
      if (c == '"') {
        return out.toString();
      }
      if (c < 0x20) {
        throw wrong(c == END ? "a string does not end" : "a string has a control character");
      }
      out.append(c == '\\' ? escape() : c);
    }
  }

  private char escape() {
    char c = peek();
    at++;
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> hex();
      default -> throw wrong("a string has an escape that JSON does not know");
    };
  }

  private char hex() {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      int digit = Character.digit(peek(), 16);
      if (digit < 0) {
        throw wrong("four hexadecimal digits must follow \\u");
      }
      value = value * 16 + digit;
      at++;
    }
    return (char) value;
  }

  private Json number() {
    Matcher matcher = NUMBER.matcher(text).region(at, Math.min(text.length(), at + 500));
    if (!matcher.lookingAt()) {
      throw wrong(at < text.length() ? "a value is missing" : "it ends too early");
    }
    if (matcher.end() - at > NUMBER_CHARACTERS_MAX) {
      throw wrong("a number has more than " + NUMBER_CHARACTERS_MAX + " characters");
    }
    at = matcher.end();
    return new Json.JsonNumber(new BigDecimal(matcher.group()));
  }

  private Json word(String word, Json value) {
    if (!text.startsWith(word, at)) {
      throw wrong("a value is missing");
    }
    at += word.length();
    return value;
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : END;
  }

  private void expect(char c) {
    if (peek() != c) {
      throw wrong("'" + c + "' is missing");
    }
    at++;
  }

  private void skipSpace() {
    while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private static String shortened(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "...";
  }

  private GrammarException wrong(String what) {
    return GrammarException.of(
        "it is no JSON: %s, at character %d", what, Math.min(at, text.length()));
  }
}
