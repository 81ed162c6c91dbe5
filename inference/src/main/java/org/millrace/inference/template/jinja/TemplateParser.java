package org.millrace.inference.template.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Parses a whole template into statements. */
final class TemplateParser {
  private static final int DEPTH_MAX = 100;
  private final TokenCursor cursor;
  private final ExpressionParser expressions;
  private int depth;

  TemplateParser(List<Token> tokens) {
    cursor = new TokenCursor(tokens);
    expressions = new ExpressionParser(cursor);
  }

  List<Stmt> template() {
    List<Stmt> statements = statements(Set.of());
    if (cursor.peek().kind() != Token.Kind.END) {
      throw cursor.unexpected("end of template");
    }
    return statements;
  }

  /** Statements up to a block of one of these names, which is left standing behind its opening. */
  private List<Stmt> statements(Set<String> ends) {
    if (++depth > DEPTH_MAX) {
      throw JinjaException.syntax(
          "blocks are nested more than %d deep".formatted(DEPTH_MAX), cursor.peek().line());
    }
    var result = new ArrayList<Stmt>();
    while (true) {
      Token token = cursor.peek();
      switch (token.kind()) {
        case DATA -> result.add(new Stmt.Data(Text.of(cursor.next().text())));
        case VARIABLE_BEGIN -> result.add(output());
        case BLOCK_BEGIN -> {
          if (ends.contains(cursor.peekNext().text())) {
            cursor.next();
            depth--;
            return result;
          }
          cursor.next();
          result.add(statement());
        }
        default -> {
          if (!ends.isEmpty()) {
            throw cursor.unexpected(
                "{% " + String.join(" %} or {% ", ends.stream().sorted().toList()) + " %}");
          }
          return result;
        }
      }
    }
  }

  /** The body of a block that has one end only; the end is consumed. */
  private List<Stmt> body(String end) {
    cursor.expect(Token.Kind.BLOCK_END);
    List<Stmt> body = statements(Set.of(end));
    cursor.next();
    if (end.equals("endmacro") && cursor.peek().kind() == Token.Kind.NAME) {
      cursor.next();
    }
    cursor.expect(Token.Kind.BLOCK_END);
    return body;
  }

  private Stmt output() {
    cursor.next();
    Expr value = expressions.expressionOrTuple(true);
    cursor.expect(Token.Kind.VARIABLE_END);
    return new Stmt.Output(value);
  }

  private Stmt statement() {
    int line = cursor.peek().line();
    String tag = cursor.expectName();
    return switch (tag) {
      case "if" -> ifBlock();
      case "for" -> forBlock();
      case "set" -> set();
      case "macro" -> macro();
      case "call" -> callBlock();
      case "filter" -> filterBlock();
      case "with" -> with();
      case "generation" -> new Stmt.Block(body("endgeneration"));
      case "break" -> simple(new Stmt.Break());
      case "continue" -> simple(new Stmt.Continue());
      default -> throw JinjaException.syntax("Encountered unknown tag '" + tag + "'.", line);
    };
  }

  private Stmt simple(Stmt statement) {
    cursor.expect(Token.Kind.BLOCK_END);
    return statement;
  }

  private Stmt ifBlock() {
    var branches = new ArrayList<Stmt.Branch>();
    List<Stmt> otherwise = List.of();
    String tag = "elif";
    while (tag.equals("elif")) {
      Expr condition = expressions.expressionOrTuple(false);
      cursor.expect(Token.Kind.BLOCK_END);
      branches.add(new Stmt.Branch(condition, statements(Set.of("elif", "else", "endif"))));
      tag = cursor.next().text();
    }
    if (tag.equals("else")) {
      otherwise = body("endif");
    } else {
      cursor.expect(Token.Kind.BLOCK_END);
    }
    return new Stmt.If(branches, otherwise);
  }

  private Stmt forBlock() {
    Stmt.Target target = target();
    if (!cursor.skipName("in")) {
      throw cursor.unexpected("'in'");
    }
    Expr items = expressions.expressionOrTuple(false);
    Expr condition = cursor.skipName("if") ? expressions.expression() : null;
    boolean recursive = cursor.skipName("recursive");
    cursor.expect(Token.Kind.BLOCK_END);
    List<Stmt> body = statements(Set.of("else", "endfor"));
    List<Stmt> otherwise = List.of();
    if (cursor.next().text().equals("else")) {
      otherwise = body("endfor");
    } else {
      cursor.expect(Token.Kind.BLOCK_END);
    }
    return new Stmt.For(target, items, condition, recursive, body, otherwise);
  }

  private Stmt.Target target() {
    Stmt.Target first = oneTarget();
    if (!cursor.peek().isOperator(",")) {
      return first;
    }
    var all = new ArrayList<>(List.of(first));
    while (cursor.skipOperator(",")) {
      boolean another =
          cursor.peek().isOperator("(")
              || cursor.peek().kind() == Token.Kind.NAME && !cursor.peek().isName("in");
      if (another) {
        all.add(oneTarget());
      }
    }
    return new Stmt.Target.Several(all);
  }

  private Stmt.Target oneTarget() {
    if (cursor.skipOperator("(")) {
      Stmt.Target inner = target();
      cursor.expectOperator(")");
      return inner;
    }
    String name = cursor.expectName();
    return cursor.skipOperator(".")
        ? new Stmt.Target.Member(name, cursor.expectName())
        : new Stmt.Target.Variable(name);
  }

  private Stmt set() {
    Stmt.Target target = target();
    if (cursor.skipOperator("=")) {
      Expr value = expressions.expressionOrTuple(true);
      cursor.expect(Token.Kind.BLOCK_END);
      return new Stmt.Assign(target, value);
    }
    List<Expr.Filter> filters = filterChain();
    return new Stmt.AssignBlock(target, filters, body("endset"));
  }

  private List<Expr.Filter> filterChain() {
    var filters = new ArrayList<Expr.Filter>();
    while (cursor.skipOperator("|")) {
      filters.add(expressions.filter(new Expr.Literal(Text.EMPTY)));
    }
    return filters;
  }

  private Stmt macro() {
    String name = cursor.expectName();
    Stmt.Signature signature = signature();
    return new Stmt.Macro(name, signature, body("endmacro"));
  }

  private Stmt.Signature signature() {
    var names = new ArrayList<String>();
    var defaults = new ArrayList<Expr>();
    cursor.expectOperator("(");
    while (!cursor.skipOperator(")")) {
      names.add(cursor.expectName());
      if (cursor.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw cursor.unexpected("a default, because the parameter before has one");
      }
      if (!cursor.peek().isOperator(")")) {
        cursor.expectOperator(",");
      }
    }
    return new Stmt.Signature(names, defaults);
  }

  private Stmt callBlock() {
    Stmt.Signature signature =
        cursor.peek().isOperator("(") ? signature() : new Stmt.Signature(List.of(), List.of());
    if (!(expressions.expression() instanceof Expr.Call call)) {
      throw cursor.unexpected("a call");
    }
    return new Stmt.CallBlock(call, signature, body("endcall"));
  }

  private Stmt filterBlock() {
    var filters = new ArrayList<Expr.Filter>();
    filters.add(expressions.filter(new Expr.Literal(Text.EMPTY)));
    filters.addAll(filterChain());
    return new Stmt.FilterBlock(filters, body("endfilter"));
  }

  private Stmt with() {
    var values = new ArrayList<Stmt.Assign>();
    while (cursor.peek().kind() != Token.Kind.BLOCK_END) {
      if (!values.isEmpty()) {
        cursor.expectOperator(",");
      }
      Stmt.Target target = oneTarget();
      cursor.expectOperator("=");
      values.add(new Stmt.Assign(target, expressions.expression()));
    }
    return new Stmt.With(values, body("endwith"));
  }
}
