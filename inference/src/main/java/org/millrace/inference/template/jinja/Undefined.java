package org.millrace.inference.template.jinja;

/**
 * What a name or attribute that is not there gives: empty when written, false when tested, an error
 * when used.
 */
record Undefined(String message) {
  static Undefined name(String name) {
    return new Undefined("'" + name + "' is undefined");
  }

  JinjaException error() {
    return new JinjaException("UndefinedError", message);
  }
}
