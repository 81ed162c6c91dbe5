package org.millrace.inference.template.jinja;

import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;

/** A parsed template. Immutable, thread-safe. */
public final class JinjaTemplate {
  private static final int SOURCE_CHARS_MAX = 1_000_000;
  private final List<Stmt> statements;

  private JinjaTemplate(List<Stmt> statements) {
    this.statements = statements;
  }

  /**
   * @throws JinjaException when the source is no template, or longer than a million characters
   */
  public static JinjaTemplate parse(String source) {
    if (source.length() > SOURCE_CHARS_MAX) {
      throw JinjaException.tooMuch(
          "the template has %d characters; the limit is %d"
              .formatted(source.length(), SOURCE_CHARS_MAX));
    }
    return new JinjaTemplate(new TemplateParser(new Lexer(source).tokens()).template());
  }

  /**
   * @param house values that the house vouches for, e.g. {@code bos_token}; plain JSON
   * @param user values that a user wrote, as {@link UserValues} makes them
   * @param now what the template's {@code strftime_now} tells
   * @throws JinjaException when the template refuses, fails, or takes too long
   */
  public Text render(Map<String, Object> house, UserValues user, ZonedDateTime now) {
    var scope = new Scope(Globals.scope(now));
    house.forEach((name, value) -> scope.set(name, Values.of(value, false)));
    user.values().forEach(scope::set);
    return new Renderer(new Interpreter(new Budget())).render(statements, scope);
  }
}
