package org.millrace.inference.template.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement as parsed. */
sealed interface Stmt {
  record Data(Text text) implements Stmt {}

  record Output(Expr value) implements Stmt {}

  record If(List<Branch> branches, List<Stmt> otherwise) implements Stmt {}

  record Branch(Expr condition, List<Stmt> body) {}

  record For(
      Target target,
      Expr items,
      @Nullable Expr condition,
      boolean recursive,
      List<Stmt> body,
      List<Stmt> otherwise)
      implements Stmt {}

  record Assign(Target target, Expr value) implements Stmt {}

  record AssignBlock(Target target, List<Expr.Filter> filters, List<Stmt> body) implements Stmt {}

  record Macro(String name, Signature signature, List<Stmt> body) implements Stmt {}

  record CallBlock(Expr.Call call, Signature signature, List<Stmt> body) implements Stmt {}

  record FilterBlock(List<Expr.Filter> filters, List<Stmt> body) implements Stmt {}

  record With(List<Assign> values, List<Stmt> body) implements Stmt {}

  /** Statements that only stand together, e.g. those a template marks as the model's own words. */
  record Block(List<Stmt> body) implements Stmt {}

  record Break() implements Stmt {}

  record Continue() implements Stmt {}

  /** Parameters of a macro; the defaults belong to the last ones. */
  record Signature(List<String> names, List<Expr> defaults) {}

  /** What is assigned to. */
  sealed interface Target {
    record Variable(String name) implements Target {}

    record Member(String namespace, String name) implements Target {}

    record Several(List<Target> targets) implements Target {}
  }
}
