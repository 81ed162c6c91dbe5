package org.millrace.inference.template.jinja;

import java.util.List;

/** Walks over tokens. */
final class TokenCursor {
  private final List<Token> tokens;
  private int at;

  TokenCursor(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(at);
  }

  Token peekNext() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = tokens.get(at);
    if (token.kind() != Token.Kind.END) {
      at++;
    }
    return token;
  }

  boolean skipOperator(String operator) {
    boolean found = peek().isOperator(operator);
    if (found) {
      at++;
    }
    return found;
  }

  boolean skipName(String name) {
    boolean found = peek().isName(name);
    if (found) {
      at++;
    }
    return found;
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  String expectName() {
    if (peek().kind() != Token.Kind.NAME) {
      throw unexpected("a name");
    }
    return next().text();
  }

  void expect(Token.Kind kind) {
    if (peek().kind() != kind) {
      throw unexpected(
          kind == Token.Kind.BLOCK_END ? "end of statement block" : "end of print statement");
    }
    at++;
  }

  JinjaException unexpected(String wanted) {
    Token token = peek();
    String got = token.text().isEmpty() ? token.kind().name() : token.text();
    return JinjaException.syntax("expected %s, got '%s'".formatted(wanted, got), token.line());
  }
}
