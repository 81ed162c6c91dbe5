package org.millrace.inference.template.jinja;

import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

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
    return guarded(
        () -> new JinjaTemplate(new TemplateParser(new Lexer(source).tokens()).template()));
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
    return guarded(() -> new Renderer(new Interpreter(new Budget())).render(statements, scope));
  }

  /**
   * The counted depths leave room on an ordinary stack; a template that combines them all may still
   * run out of a small one.
   */
  private static <T> T guarded(Supplier<T> work) {
    try {
      return work.get();
    } catch (StackOverflowError tooDeep) {
      throw new JinjaException("RecursionError", "the template is nested too deep");
    } catch (ArithmeticException | IndexOutOfBoundsException | IllegalArgumentException wrong) {
      // An argument that no function here can take, e.g. a width of 2^40 or a pair of one.
      throw new JinjaException("ValueError", String.valueOf(wrong.getMessage()));
    }
  }
}
