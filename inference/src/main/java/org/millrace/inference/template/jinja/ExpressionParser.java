package org.millrace.inference.template.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Parses expressions with Jinja's own precedence: filters and tests bind tighter than any operator.
 */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> AFTER_TEST =
      Set.of("else", "or", "and", "if", "is", "in", "not");
  private static final int DEPTH_MAX = 150;
  private final TokenCursor cursor;
  private int depth;

  ExpressionParser(TokenCursor cursor) {
    this.cursor = cursor;
  }

  Expr expression() {
    return conditional();
  }

  /** An expression, or several with commas between as a tuple. */
  Expr expressionOrTuple(boolean withConditional) {
    Expr first = withConditional ? expression() : or();
    if (!cursor.peek().isOperator(",")) {
      return first;
    }
    var items = new ArrayList<Expr>(List.of(first));
    while (cursor.skipOperator(",")) {
      if (endsTuple(cursor.peek())) {
        break;
      }
      items.add(withConditional ? expression() : or());
    }
    return new Expr.TupleOf(items);
  }

  private static boolean endsTuple(Token token) {
    return switch (token.kind()) {
      case VARIABLE_END, BLOCK_END, END -> true;
      case OPERATOR -> token.text().equals(")") || token.text().equals("]");
      case NAME -> token.text().equals("in");
      default -> false;
    };
  }

  private Expr conditional() {
    if (++depth > DEPTH_MAX) {
      throw JinjaException.syntax(
          "expressions are nested more than %d deep".formatted(DEPTH_MAX), cursor.peek().line());
    }
    Expr then = or();
    while (cursor.skipName("if")) {
      Expr condition = or();
      Expr otherwise = cursor.skipName("else") ? conditional() : null;
      then = new Expr.Conditional(condition, then, otherwise);
    }
    depth--;
    return then;
  }

  private Expr or() {
    Expr left = and();
    while (cursor.skipName("or")) {
      left = new Expr.Or(left, and());
    }
    return left;
  }

  private Expr and() {
    Expr left = not();
    while (cursor.skipName("and")) {
      left = new Expr.And(left, not());
    }
    return left;
  }

  private Expr not() {
    int nots = 0;
    while (cursor.skipName("not")) {
      nots++;
    }
    Expr operand = comparison();
    for (int i = 0; i < Math.min(nots, 2 + nots % 2); i++) {
      operand = new Expr.Not(operand);
    }
    return operand;
  }

  private Expr comparison() {
    Expr first = sum();
    var rest = new ArrayList<Expr.Comparison>();
    while (true) {
      String operator = comparisonOperator();
      if (operator == null) {
        return rest.isEmpty() ? first : new Expr.Compare(first, rest);
      }
      rest.add(new Expr.Comparison(operator, sum()));
    }
  }

  private @Nullable String comparisonOperator() {
    Token token = cursor.peek();
    if (token.kind() == Token.Kind.OPERATOR && COMPARISONS.contains(token.text())) {
      return cursor.next().text();
    }
    if (cursor.skipName("in")) {
      return "in";
    }
    if (token.isName("not") && cursor.peekNext().isName("in")) {
      cursor.next();
      cursor.next();
      return "not in";
    }
    return null;
  }

  private Expr sum() {
    Expr left = concat();
    while (isOperator("+", "-")) {
      left = new Expr.Binary(cursor.next().text(), left, concat());
    }
    return left;
  }

  private Expr concat() {
    Expr first = product();
    if (!cursor.peek().isOperator("~")) {
      return first;
    }
    var parts = new ArrayList<Expr>(List.of(first));
    while (cursor.skipOperator("~")) {
      parts.add(product());
    }
    return new Expr.Concat(parts);
  }

  private Expr product() {
    Expr left = power();
    while (isOperator("*", "/", "//", "%")) {
      left = new Expr.Binary(cursor.next().text(), left, power());
    }
    return left;
  }

  private Expr power() {
    Expr left = unary(true);
    while (cursor.skipOperator("**")) {
      left = new Expr.Binary("**", left, unary(true));
    }
    return left;
  }

  private Expr unary(boolean withFilters) {
    Expr operand;
    if (isOperator("-", "+")) {
      if (++depth > DEPTH_MAX) {
        throw cursor.unexpected("an expression nested less deep");
      }
      operand = new Expr.Signed(cursor.next().text(), unary(false));
      depth--;
    } else {
      operand = postfix(primary());
    }
    return withFilters ? filters(operand) : operand;
  }

  private boolean isOperator(String... operators) {
    for (String operator : operators) {
      if (cursor.peek().isOperator(operator)) {
        return true;
      }
    }
    return false;
  }

  private Expr primary() {
    Token token = cursor.peek();
    return switch (token.kind()) {
      case NAME -> name(cursor.next().text());
      case STRING -> string();
      case INTEGER -> new Expr.Literal(Numbers.parseInteger(cursor.next().text()));
      case FLOAT -> new Expr.Literal(Double.parseDouble(cursor.next().text().replace("_", "")));
      case OPERATOR -> bracketed();
      default -> throw cursor.unexpected("an expression");
    };
  }

  private static Expr name(String name) {
    return switch (name) {
      case "true", "True" -> new Expr.Literal(true);
      case "false", "False" -> new Expr.Literal(false);
      case "none", "None" -> new Expr.Literal(None.NONE);
      default -> new Expr.Name(name);
    };
  }

  private Expr string() {
    var all = new StringBuilder();
    while (cursor.peek().kind() == Token.Kind.STRING) {
      all.append(cursor.next().text());
    }
    return new Expr.Literal(Text.of(all.toString()));
  }

  private Expr bracketed() {
    if (cursor.skipOperator("(")) {
      if (cursor.skipOperator(")")) {
        return new Expr.TupleOf(List.of());
      }
      Expr inner = expressionOrTuple(true);
      cursor.expectOperator(")");
      return inner;
    }
    if (cursor.skipOperator("[")) {
      var items = new ArrayList<Expr>();
      listed("]", () -> items.add(expression()));
      return new Expr.ListOf(items);
    }
    if (cursor.skipOperator("{")) {
      var entries = new ArrayList<Expr.Entry>();
      listed("}", () -> entries.add(entry()));
      return new Expr.DictOf(entries);
    }
    throw cursor.unexpected("an expression");
  }

  private Expr.Entry entry() {
    Expr key = expression();
    cursor.expectOperator(":");
    return new Expr.Entry(key, expression());
  }

  private void listed(String end, Runnable item) {
    while (!cursor.skipOperator(end)) {
      item.run();
      if (!cursor.peek().isOperator(end)) {
        cursor.expectOperator(",");
      }
    }
  }

  private Expr postfix(Expr target) {
    Expr result = target;
    while (true) {
      if (cursor.skipOperator(".")) {
        result = member(result);
      } else if (cursor.skipOperator("[")) {
        result = subscript(result);
      } else if (cursor.peek().isOperator("(")) {
        result = new Expr.Call(result, arguments());
      } else {
        return result;
      }
    }
  }

  private Expr member(Expr target) {
    if (cursor.peek().kind() == Token.Kind.INTEGER) {
      return new Expr.Subscript(
          target, new Expr.Literal(Numbers.parseInteger(cursor.next().text())));
    }
    return new Expr.Attribute(target, cursor.expectName());
  }

  private Expr subscript(Expr target) {
    Expr from = cursor.peek().isOperator(":") ? null : expressionOrTuple(true);
    if (from != null && cursor.skipOperator("]")) {
      return new Expr.Subscript(target, from);
    }
    cursor.expectOperator(":");
    Expr to = sliceEnd();
    Expr step = cursor.skipOperator(":") ? sliceEnd() : null;
    cursor.expectOperator("]");
    return new Expr.Slice(target, from, to, step);
  }

  private @Nullable Expr sliceEnd() {
    return isOperator(":", "]") ? null : expression();
  }

  private Expr filters(Expr target) {
    Expr result = target;
    while (true) {
      if (cursor.skipOperator("|")) {
        result = filter(result);
      } else if (cursor.skipName("is")) {
        result = test(result);
      } else if (cursor.peek().isOperator("(")) {
        result = new Expr.Call(result, arguments());
      } else {
        return result;
      }
    }
  }

  /** A filter's name and arguments, after the bar. */
  Expr.Filter filter(Expr target) {
    String name = dottedName();
    return new Expr.Filter(
        target, name, cursor.peek().isOperator("(") ? arguments() : Expr.Arguments.NONE);
  }

  private String dottedName() {
    var name = new StringBuilder(cursor.expectName());
    while (cursor.skipOperator(".")) {
      name.append('.').append(cursor.expectName());
    }
    return name.toString();
  }

  private Expr test(Expr target) {
    boolean negated = cursor.skipName("not");
    String name = dottedName();
    Expr.Arguments arguments = Expr.Arguments.NONE;
    if (cursor.peek().isOperator("(")) {
      arguments = arguments();
    } else if (startsArgument(cursor.peek())) {
      arguments = new Expr.Arguments(List.of(postfix(primary())), List.of(), null, null);
    }
    return new Expr.Test(target, name, arguments, negated);
  }

  private static boolean startsArgument(Token token) {
    return switch (token.kind()) {
      case NAME -> !AFTER_TEST.contains(token.text());
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      default -> false;
    };
  }

  /** Arguments in parentheses. */
  Expr.Arguments arguments() {
    cursor.expectOperator("(");
    var positional = new ArrayList<Expr>();
    var named = new ArrayList<Expr.Named>();
    Expr[] stars = new Expr[2];
    listed(
        ")",
        () -> {
          if (cursor.skipOperator("**")) {
            stars[1] = expression();
          } else if (cursor.skipOperator("*")) {
            stars[0] = expression();
          } else if (cursor.peek().kind() == Token.Kind.NAME && cursor.peekNext().isOperator("=")) {
            String name = cursor.next().text();
            cursor.next();
            named.add(new Expr.Named(name, expression()));
          } else {
            positional.add(expression());
          }
        });
    return new Expr.Arguments(positional, named, stars[0], stars[1]);
  }
}
