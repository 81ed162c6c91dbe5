package org.millrace.inference.template.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts template source into tokens, with {@code trim_blocks} and {@code lstrip_blocks} as chat
 * templates are written for: the newline after a block goes, and so does the white space before one
 * that starts its line.
 */
final class Lexer {
  private static final Pattern NEWLINES = Pattern.compile("\r\n|\r");
  private static final Pattern OPENING = Pattern.compile("\\{\\{|\\{%|\\{#");
  private static final Pattern RAW_BEGIN =
      Pattern.compile("\\{%([-+]?)\\s*raw\\s*(?:-%\\}\\s*|%\\})");
  private static final Pattern RAW_END =
      Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\}\n?)");
  private static final Pattern COMMENT_END = Pattern.compile("\\+#\\}|-#\\}\\s*|#\\}\n?");
  private static final Pattern VARIABLE_END = Pattern.compile("-\\}\\}\\s*|\\}\\}");
  private static final Pattern BLOCK_END = Pattern.compile("\\+%\\}|-%\\}\\s*|%\\}\n?");
  private static final Pattern SPACE = Pattern.compile("\\s+");
  private static final Pattern NAME =
      Pattern.compile("[\\p{L}\\p{Nl}_][\\p{L}\\p{Nl}\\p{N}\\p{M}_]*");
  private static final Pattern FLOAT =
      Pattern.compile("(?<!\\.)\\d[\\d_]*(?:(?:\\.\\d[\\d_]*)?[eE][+-]?\\d[\\d_]*|\\.\\d[\\d_]*)");
  private static final Pattern INTEGER =
      Pattern.compile("0[bB][01_]+|0[oO][0-7_]+|0[xX][0-9a-fA-F_]+|\\d[\\d_]*");
  private static final Pattern OPERATOR =
      Pattern.compile("//|\\*\\*|==|!=|>=|<=|[-+/*%~\\[\\](){}><=.:|,;]");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  Lexer(String source) {
    String normal = NEWLINES.matcher(source).replaceAll("\n");
    this.source = normal.endsWith("\n") ? normal.substring(0, normal.length() - 1) : normal;
  }

  List<Token> tokens() {
    Matcher opening = OPENING.matcher(source);
    while (at < source.length() && opening.find(at)) {
      open(opening.start());
    }
    if (at < source.length()) {
      data(source.substring(at));
    }
    add(Token.Kind.END, "");
    return tokens;
  }

  private void open(int opening) {
    char kind = source.charAt(opening + 1);
    char sign = opening + 2 < source.length() ? source.charAt(opening + 2) : ' ';
    boolean signed = sign == '-' || sign == '+';
    data(before(at, opening, kind != '{', sign));
    Matcher raw = RAW_BEGIN.matcher(source).region(opening, source.length());
    if (kind == '%' && raw.lookingAt()) {
      raw(raw.end());
      return;
    }
    at = opening + (signed ? 3 : 2);
    switch (kind) {
      case '#' -> at = find(COMMENT_END, "Missing end of comment tag").end();
      case '%' -> tag(Token.Kind.BLOCK_BEGIN, Token.Kind.BLOCK_END, BLOCK_END);
      default -> tag(Token.Kind.VARIABLE_BEGIN, Token.Kind.VARIABLE_END, VARIABLE_END);
    }
  }

  /** The data between {@code from} and a tag, without the white space that the tag takes away. */
  private String before(int from, int tag, boolean block, char sign) {
    String text = source.substring(from, tag);
    if (sign == '-') {
      return text.stripTrailing();
    }
    if (!block || sign == '+') {
      return text;
    }
    int lineStart = text.lastIndexOf('\n') + 1;
    boolean wholeLine = lineStart > 0 || from == 0 || source.charAt(from - 1) == '\n';
    return wholeLine && text.substring(lineStart).isBlank() ? text.substring(0, lineStart) : text;
  }

  private void raw(int from) {
    at = from;
    Matcher end = find(RAW_END, "Missing end of raw directive");
    String sign = end.group(1);
    data(before(from, end.start(), true, sign.isEmpty() ? ' ' : sign.charAt(0)));
    at = end.end();
  }

  private Matcher find(Pattern pattern, String missing) {
    Matcher matcher = pattern.matcher(source);
    if (!matcher.find(at)) {
      throw JinjaException.syntax(missing, line());
    }
    return matcher;
  }

  private void tag(Token.Kind begin, Token.Kind end, Pattern endPattern) {
    add(begin, "");
    var open = new ArrayDeque<Character>();
    while (true) {
      skip();
      Matcher closing = matcher(endPattern);
      if (open.isEmpty() && closing.lookingAt()) {
        add(end, "");
        at = closing.end();
        return;
      }
      inside(open);
    }
  }

  private void skip() {
    Matcher space = matcher(SPACE);
    if (space.lookingAt()) {
      at = space.end();
    }
    if (at >= source.length()) {
      throw JinjaException.syntax("unexpected end of template, a tag is not closed", line());
    }
  }

  private void inside(ArrayDeque<Character> open) {
    if (take(Token.Kind.FLOAT, FLOAT)
        || take(Token.Kind.INTEGER, INTEGER)
        || take(Token.Kind.NAME, NAME)
        || string()) {
      return;
    }
    char c = source.charAt(at);
    if (!take(Token.Kind.OPERATOR, OPERATOR)) {
      throw JinjaException.syntax("unexpected char '" + c + "'", line());
    }
    if (c == '(' || c == '[' || c == '{') {
      open.push(c);
    } else if (c == ')' || c == ']' || c == '}') {
      if (open.isEmpty() || open.pop() != (c == ')' ? '(' : (char) (c - 2))) {
        throw JinjaException.syntax("unexpected '" + c + "'", line());
      }
    }
  }

  private boolean take(Token.Kind kind, Pattern pattern) {
    Matcher matcher = matcher(pattern);
    if (!matcher.lookingAt()) {
      return false;
    }
    add(kind, matcher.group());
    at = matcher.end();
    return true;
  }

  private boolean string() {
    char quote = source.charAt(at);
    if (quote != '\'' && quote != '"') {
      return false;
    }
    int end = at + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw JinjaException.syntax("a string is not closed", line());
    }
    add(Token.Kind.STRING, Escapes.decode(source.substring(at + 1, end)));
    at = end + 1;
    return true;
  }

  private Matcher matcher(Pattern pattern) {
    return pattern.matcher(source).region(at, source.length()).useTransparentBounds(true);
  }

  private void data(String text) {
    if (!text.isEmpty()) {
      add(Token.Kind.DATA, text);
    }
  }

  private void add(Token.Kind kind, String text) {
    tokens.add(new Token(kind, text, line()));
  }

  private int linePosition;
  private int lineNumber = 1;

  private int line() {
    for (; linePosition < Math.min(at, source.length()); linePosition++) {
      if (source.charAt(linePosition) == '\n') {
        lineNumber++;
      }
    }
    return lineNumber;
  }
}
