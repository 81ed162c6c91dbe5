package org.millrace.inference.template.jinja;

/** What Python would raise: the kind, e.g. {@code TypeError}, and its message. */
public final class JinjaException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final String kind;
  private final String detail;

  JinjaException(String kind, String detail) {
    super(kind + ": " + detail);
    this.kind = kind;
    this.detail = detail;
  }

  static JinjaException typeError(String detail) {
    return new JinjaException("TypeError", detail);
  }

  static JinjaException syntax(String detail, int line) {
    return new JinjaException("TemplateSyntaxError", detail + " (line " + line + ")");
  }

  static JinjaException tooMuch(String detail) {
    return new JinjaException("ResourceLimit", detail);
  }

  /** E.g. {@code TemplateError} for the template's own {@code raise_exception}. */
  public String kind() {
    return kind;
  }

  /** The message without the kind. */
  public String detail() {
    return detail;
  }
}
