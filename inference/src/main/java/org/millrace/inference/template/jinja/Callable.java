package org.millrace.inference.template.jinja;

/** Something a template can call. */
@FunctionalInterface
interface Callable {
  Object call(CallArguments arguments);
}
