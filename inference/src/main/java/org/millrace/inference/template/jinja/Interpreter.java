package org.millrace.inference.template.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Computes expressions. One per rendering; not thread-safe. */
final class Interpreter {
  private final Budget budget;

  Interpreter(Budget budget) {
    this.budget = budget;
  }

  void step() {
    budget.step();
  }

  Object eval(Expr expression, Scope scope) {
    budget.step();
    Object value =
        switch (expression) {
          case Expr.Literal(Object literal) -> literal;
          case Expr.Name(String name) -> name(name, scope);
          case Expr.ListOf(List<Expr> items) -> all(items, scope);
          case Expr.TupleOf(List<Expr> items) -> new Tuple(all(items, scope));
          case Expr.DictOf(List<Expr.Entry> entries) -> dict(entries, scope);
          case Expr.Attribute(Expr target, String name) ->
              Access.attribute(eval(target, scope), name);
          case Expr.Subscript(Expr target, Expr key) ->
              Access.subscript(eval(target, scope), eval(key, scope));
          case Expr.Slice slice -> slice(slice, scope);
          case Expr.Call(Expr callee, Expr.Arguments arguments) ->
              call(eval(callee, scope), arguments(arguments, scope));
          case Expr.Filter(Expr target, String name, Expr.Arguments arguments) ->
              Filters.apply(name, eval(target, scope), arguments(arguments, scope), this);
          case Expr.Test test -> test(test, scope);
          case Expr.Conditional conditional -> conditional(conditional, scope);
          default -> operation(expression, scope);
        };
    if (makes(expression)) {
      budget.made(value);
    }
    return value;
  }

  /** Whether it makes a value; others only look one up, which costs nothing however large it is. */
  private static boolean makes(Expr expression) {
    return switch (expression) {
      case Expr.ListOf l -> true;
      case Expr.TupleOf t -> true;
      case Expr.DictOf d -> true;
      case Expr.Slice s -> true;
      case Expr.Call c -> true;
      case Expr.Filter f -> true;
      case Expr.Binary b -> true;
      case Expr.Concat c -> true;
      default -> false;
    };
  }

  private Object operation(Expr expression, Scope scope) {
    return switch (expression) {
      case Expr.Not(Expr operand) -> !truth(operand, scope);
      case Expr.Signed(String sign, Expr operand) -> signed(sign, eval(operand, scope));
      case Expr.Binary(String operator, Expr left, Expr right) ->
          Operators.apply(operator, eval(left, scope), eval(right, scope));
      case Expr.And(Expr left, Expr right) -> {
        Object first = eval(left, scope);
        yield Values.truth(first) ? eval(right, scope) : first;
      }
      case Expr.Or(Expr left, Expr right) -> {
        Object first = eval(left, scope);
        yield Values.truth(first) ? first : eval(right, scope);
      }
      case Expr.Concat(List<Expr> parts) -> {
        var out = new TextBuilder();
        parts.forEach(part -> out.append(Writing.str(eval(part, scope))));
        yield out.toText();
      }
      case Expr.Compare(Expr first, List<Expr.Comparison> rest) -> compare(first, rest, scope);
      default -> throw new IllegalStateException("no such expression: " + expression);
    };
  }

  boolean truth(Expr expression, Scope scope) {
    return Values.truth(eval(expression, scope));
  }

  private static Object name(String name, Scope scope) {
    Object value = scope.find(name);
    return value == null ? Undefined.name(name) : value;
  }

  private List<Object> all(List<Expr> items, Scope scope) {
    var result = new ArrayList<Object>(items.size());
    items.forEach(item -> result.add(eval(item, scope)));
    return result;
  }

  private Object dict(List<Expr.Entry> entries, Scope scope) {
    var result = new LinkedHashMap<Object, Object>();
    for (Expr.Entry entry : entries) {
      result.put(Values.key(eval(entry.key(), scope)), eval(entry.value(), scope));
    }
    return result;
  }

  private Object slice(Expr.Slice slice, Scope scope) {
    return Access.slice(
        eval(slice.target(), scope),
        optional(slice.from(), scope),
        optional(slice.to(), scope),
        optional(slice.step(), scope));
  }

  private Object optional(@Nullable Expr expression, Scope scope) {
    return expression == null ? None.NONE : eval(expression, scope);
  }

  private Object test(Expr.Test test, Scope scope) {
    Object value = eval(test.target(), scope);
    CallArguments arguments = arguments(test.arguments(), scope);
    return Tests.test(test.name(), value, arguments.positional()) != test.negated();
  }

  private Object conditional(Expr.Conditional conditional, Scope scope) {
    if (truth(conditional.condition(), scope)) {
      return eval(conditional.then(), scope);
    }
    Expr otherwise = conditional.otherwise();
    return otherwise == null
        ? new Undefined(
            "the inline if-expression evaluated to false and no else section was defined.")
        : eval(otherwise, scope);
  }

  private static Object signed(String sign, Object operand) {
    Values.failUndefined(operand);
    if (!Numbers.isNumber(operand)) {
      throw JinjaException.typeError(
          "bad operand type for unary %s: '%s'".formatted(sign, Values.typeName(operand)));
    }
    return operand instanceof Double real
        ? (Object) (sign.equals("-") ? -real : real)
        : Numbers.arithmetic(sign, 0L, operand);
  }

  private Object compare(Expr first, List<Expr.Comparison> rest, Scope scope) {
    Object left = eval(first, scope);
    for (Expr.Comparison comparison : rest) {
      Object right = eval(comparison.operand(), scope);
      if (!holds(comparison.operator(), left, right)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private static boolean holds(String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> Values.equal(left, right);
      case "!=" -> !Values.equal(left, right);
      case "in" -> Values.contains(right, left);
      case "not in" -> !Values.contains(right, left);
      case "<" -> Values.compare(left, right, operator) < 0;
      case "<=" -> Values.compare(left, right, operator) <= 0;
      case ">" -> Values.compare(left, right, operator) > 0;
      default -> Values.compare(left, right, operator) >= 0;
    };
  }

  CallArguments arguments(Expr.Arguments arguments, Scope scope) {
    if (arguments == Expr.Arguments.NONE) {
      return CallArguments.NONE;
    }
    var positional = new ArrayList<>(all(arguments.positional(), scope));
    Map<String, Object> named = new LinkedHashMap<>();
    if (arguments.star() != null) {
      positional.addAll(Values.items(eval(arguments.star(), scope)));
    }
    arguments.named().forEach(one -> named.put(one.name(), eval(one.value(), scope)));
    if (arguments.doubleStar() != null
        && eval(arguments.doubleStar(), scope) instanceof Map<?, ?> more) {
      more.forEach((key, value) -> named.put(String.valueOf(key), value));
    }
    return new CallArguments(positional, named);
  }

  Object call(Object callee, CallArguments arguments) {
    return switch (callee) {
      case Callable callable -> nested(callable, arguments);
      case LoopState loop -> nested(loop::call, arguments);
      case Undefined undefined -> throw undefined.error();
      default ->
          throw JinjaException.typeError(
              "'%s' object is not callable".formatted(Values.typeName(callee)));
    };
  }

  private Object nested(Callable callable, CallArguments arguments) {
    budget.enter();
    Object result = callable.call(arguments);
    budget.leave();
    return result;
  }
}
