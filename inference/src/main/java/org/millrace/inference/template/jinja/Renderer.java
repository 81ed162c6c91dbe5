package org.millrace.inference.template.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs statements and collects what they write. One per rendering; not thread-safe. */
final class Renderer {
  private final Interpreter interpreter;

  /** How a list of statements ended. */
  private enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  Renderer(Interpreter interpreter) {
    this.interpreter = interpreter;
  }

  Text render(List<Stmt> statements, Scope scope) {
    var out = new TextBuilder();
    run(statements, scope, out);
    return out.toText();
  }

  private Flow run(List<Stmt> statements, Scope scope, TextBuilder out) {
    for (Stmt statement : statements) {
      interpreter.step();
      Flow flow = run(statement, scope, out);
      if (flow != Flow.ON) {
        return flow;
      }
    }
    return Flow.ON;
  }

  private Flow run(Stmt statement, Scope scope, TextBuilder out) {
    switch (statement) {
      case Stmt.Data(Text text) -> out.append(text);
      case Stmt.Output(Expr value) -> out.append(Writing.str(interpreter.eval(value, scope)));
      case Stmt.If(List<Stmt.Branch> branches, List<Stmt> otherwise) -> {
        return run(chosen(branches, otherwise, scope), scope, out);
      }
      case Stmt.For loop -> loop(loop, interpreter.eval(loop.items(), scope), 1, scope, out);
      case Stmt.Assign(Stmt.Target target, Expr value) ->
          assign(target, interpreter.eval(value, scope), scope);
      case Stmt.AssignBlock(Stmt.Target target, List<Expr.Filter> filters, List<Stmt> body) ->
          assign(target, filtered(filters, body, scope), scope);
      case Stmt.Macro(String name, Stmt.Signature signature, List<Stmt> body) ->
          scope.set(name, macro(name, signature, body, scope));
      case Stmt.CallBlock block -> out.append(called(block, scope));
      case Stmt.FilterBlock(List<Expr.Filter> filters, List<Stmt> body) ->
          out.append(Writing.str(filtered(filters, body, scope)));
      case Stmt.With(List<Stmt.Assign> values, List<Stmt> body) -> {
        return with(values, body, scope, out);
      }
      case Stmt.Block(List<Stmt> body) -> {
        return run(body, scope, out);
      }
      case Stmt.Break() -> {
        return Flow.BREAK;
      }
      case Stmt.Continue() -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.ON;
  }

  private List<Stmt> chosen(List<Stmt.Branch> branches, List<Stmt> otherwise, Scope scope) {
    for (Stmt.Branch branch : branches) {
      if (interpreter.truth(branch.condition(), scope)) {
        return branch.body();
      }
    }
    return otherwise;
  }

  /**
   * @param depth 1, or more where a recursive loop runs itself
   */
  private void loop(Stmt.For loop, Object over, int depth, Scope scope, TextBuilder out) {
    List<Object> items = items(loop, over, scope);
    if (items.isEmpty()) {
      run(loop.otherwise(), new Scope(scope), out);
      return;
    }
    Callable again =
        loop.recursive() ? arguments -> again(loop, arguments, depth + 1, scope) : null;
    var state = new LoopState(items, depth, again);
    for (int i = 0; i < items.size(); i++) {
      interpreter.step();
      state.at(i);
      var inner = new Scope(scope);
      assign(loop.target(), items.get(i), inner);
      inner.set("loop", state);
      if (run(loop.body(), inner, out) == Flow.BREAK) {
        break;
      }
    }
  }

  private Object again(Stmt.For loop, CallArguments arguments, int depth, Scope scope) {
    var out = new TextBuilder();
    loop(loop, arguments.required(0, "iterable"), depth, scope, out);
    return out.toText();
  }

  private List<Object> items(Stmt.For loop, Object over, Scope scope) {
    // A copy, so that nothing the body does can change what is gone over.
    var items = new ArrayList<>(Values.items(over));
    Expr condition = loop.condition();
    if (condition != null) {
      items.removeIf(item -> {
        var inner = new Scope(scope);
        assign(loop.target(), item, inner);
        return !interpreter.truth(condition, inner);
      });
    }
    return items;
  }

  private void assign(Stmt.Target target, Object value, Scope scope) {
    switch (target) {
      case Stmt.Target.Variable(String name) -> scope.set(name, value);
      case Stmt.Target.Member(String namespace, String name) -> {
        if (!(scope.find(namespace) instanceof Namespace found)) {
          throw new JinjaException(
              "TemplateRuntimeError", "cannot assign attribute on non-namespace object");
        }
        found.set(name, value);
      }
      case Stmt.Target.Several(List<Stmt.Target> targets) -> unpack(targets, value, scope);
    }
  }

  private void unpack(List<Stmt.Target> targets, Object value, Scope scope) {
    List<Object> parts = Values.itemsOrNull(value);
    if (parts == null) {
      throw JinjaException.typeError(
          "cannot unpack non-iterable %s object".formatted(Values.typeName(value)));
    }
    if (parts.size() != targets.size()) {
      throw new JinjaException(
          "ValueError",
          parts.size() > targets.size()
              ? "too many values to unpack (expected %d)".formatted(targets.size())
              : "not enough values to unpack (expected %d, got %d)"
                  .formatted(targets.size(), parts.size()));
    }
    for (int i = 0; i < parts.size(); i++) {
      assign(targets.get(i), parts.get(i), scope);
    }
  }

  private Object filtered(List<Expr.Filter> filters, List<Stmt> body, Scope scope) {
    Object value = render(body, new Scope(scope));
    for (Expr.Filter filter : filters) {
      value =
          Filters.apply(
              filter.name(), value, interpreter.arguments(filter.arguments(), scope), interpreter);
    }
    return value;
  }

  private Flow with(List<Stmt.Assign> values, List<Stmt> body, Scope scope, TextBuilder out) {
    var inner = new Scope(scope);
    for (Stmt.Assign one : values) {
      assign(one.target(), interpreter.eval(one.value(), scope), inner);
    }
    return run(body, inner, out);
  }

  private Text called(Stmt.CallBlock block, Scope scope) {
    MacroValue caller = macro("caller", block.signature(), block.body(), scope);
    CallArguments given = interpreter.arguments(block.call().arguments(), scope);
    var named = new java.util.LinkedHashMap<>(given.named());
    named.put("caller", caller);
    Object callee = interpreter.eval(block.call().callee(), scope);
    return Writing.str(interpreter.call(callee, new CallArguments(given.positional(), named)));
  }

  private MacroValue macro(
      String name, Stmt.Signature signature, List<Stmt> body, Scope definedIn) {
    return new MacroValue(
        name,
        arguments -> {
          var inner = new Scope(definedIn);
          bind(name, signature, arguments, inner);
          return render(body, inner);
        });
  }

  private void bind(String macro, Stmt.Signature signature, CallArguments given, Scope inner) {
    List<String> names = signature.names();
    int firstDefault = names.size() - signature.defaults().size();
    for (int i = 0; i < names.size(); i++) {
      Object value = given.get(i, names.get(i), None.NONE);
      boolean missing = i >= given.count() && !given.named().containsKey(names.get(i));
      if (missing) {
        value =
            i >= firstDefault
                ? interpreter.eval(signature.defaults().get(i - firstDefault), inner)
                : new Undefined("parameter '%s' was not provided".formatted(names.get(i)));
      }
      inner.set(names.get(i), value);
    }
    bindRest(macro, names, given, inner);
  }

  private static void bindRest(String macro, List<String> names, CallArguments given, Scope inner) {
    @Nullable Object caller = given.named().get("caller");
    if (caller != null) {
      inner.set("caller", caller);
    }
    var rest = new java.util.LinkedHashMap<Object, Object>();
    given
        .named()
        .forEach((key, value) -> {
          if (!names.contains(key) && !key.equals("caller")) {
            rest.put(Text.of(key), value);
          }
        });
    inner.set("kwargs", rest);
    int extra = Math.min(names.size(), given.count());
    inner.set("varargs", new Tuple(given.positional().subList(extra, given.count())));
  }
}
