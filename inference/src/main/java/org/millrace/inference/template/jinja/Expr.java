package org.millrace.inference.template.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An expression as parsed. */
sealed interface Expr {
  record Literal(Object value) implements Expr {}

  record Name(String name) implements Expr {}

  record ListOf(List<Expr> items) implements Expr {}

  record TupleOf(List<Expr> items) implements Expr {}

  record DictOf(List<Entry> entries) implements Expr {}

  record Entry(Expr key, Expr value) {}

  record Attribute(Expr target, String name) implements Expr {}

  record Subscript(Expr target, Expr key) implements Expr {}

  record Slice(Expr target, @Nullable Expr from, @Nullable Expr to, @Nullable Expr step)
      implements Expr {}

  record Call(Expr callee, Arguments arguments) implements Expr {}

  record Filter(Expr target, String name, Arguments arguments) implements Expr {}

  record Test(Expr target, String name, Arguments arguments, boolean negated) implements Expr {}

  record Not(Expr operand) implements Expr {}

  record Signed(String sign, Expr operand) implements Expr {}

  record Binary(String operator, Expr left, Expr right) implements Expr {}

  record And(Expr left, Expr right) implements Expr {}

  record Or(Expr left, Expr right) implements Expr {}

  record Concat(List<Expr> parts) implements Expr {}

  /** {@code first op1 second op2 third}, each neighbour pair compared. */
  record Compare(Expr first, List<Comparison> rest) implements Expr {}

  record Comparison(String operator, Expr operand) {}

  record Conditional(Expr condition, Expr then, @Nullable Expr otherwise) implements Expr {}

  /** Arguments of a call, a filter or a test. */
  record Arguments(
      List<Expr> positional, List<Named> named, @Nullable Expr star, @Nullable Expr doubleStar) {
    static final Arguments NONE = new Arguments(List.of(), List.of(), null, null);
  }

  record Named(String name, Expr value) {}
}
