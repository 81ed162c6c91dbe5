package org.millrace.inference.template.jinja;

/** A macro, which a template can call. */
record MacroValue(String name, Callable body) implements Callable {
  @Override
  public Object call(CallArguments arguments) {
    return body.call(arguments);
  }
}
