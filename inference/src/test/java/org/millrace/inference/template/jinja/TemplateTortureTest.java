package org.millrace.inference.template.jinja;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Templates put together at random: they render, or fail as a template fails, and never hang. */
class TemplateTortureTest {
  private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 1, 2, 3, 4, 5, 0, ZoneOffset.UTC);
  private static final List<String> OPERANDS =
      List.of(
          "messages",
          "tools",
          "nothing",
          "loop",
          "''",
          "'a b'",
          "'\\n'",
          "0",
          "-1",
          "1.5",
          "true",
          "none",
          "[]",
          "[1, 'x', none]",
          "{}",
          "{'a': 1, 'b': [2]}",
          "(1, 2)",
          "range(3)",
          "namespace(a=1)",
          "messages[0]",
          "messages[0].content",
          "messages[-9]",
          "ns",
          "2 ** 70",
          "9223372036854775807",
          "cycler",
          "joiner",
          "dict(a=1)",
          "lipsum",
          "1e308",
          "bos_token",
          "strftime_now('%Y %q %')");
  private static final List<String> BEHIND =
      List.of(
          ".a",
          "['a']",
          "[0]",
          "[::2]",
          "[::0]",
          "[1:-1]",
          "[none:]",
          "|length",
          "|list",
          "|first",
          "|last",
          "|join",
          "|join(1)",
          "|upper",
          "|int",
          "|int(base=99)",
          "|float",
          "|round(400)",
          "|round(-400)",
          "|tojson",
          "|tojson(indent=-3)",
          "|tojson(indent=9999)",
          "|items",
          "|dictsort",
          "|sort",
          "|sort(attribute='x')",
          "|unique",
          "|reverse",
          "|map('upper')",
          "|map(attribute='a.b')",
          "|select",
          "|selectattr('a', 'equalto', 1)",
          "|rejectattr('a')",
          "|batch(0)",
          "|batch(2)",
          "|slice(0)",
          "|groupby('a')",
          "|sum",
          "|max",
          "|min",
          "|default(1)",
          "|replace('', 'x')",
          "|replace('a', 'b', -5)",
          "|trim",
          "|indent(-1)",
          "|center(-3)",
          "|format(1)",
          "|truncate(1)",
          "|wordwrap(0)",
          "|random",
          "|attr('a')",
          "|string",
          "|abs",
          "|e",
          "|safe",
          "|xmlattr",
          "|urlencode",
          "|filesizeformat",
          "|pprint",
          ".split()",
          ".split('')",
          ".split(none, -1)",
          ".strip('x')",
          ".startswith(('a', 1))",
          ".format(1, a=2)",
          ".items()",
          ".keys()",
          ".get('a', 1)",
          ".pop()",
          ".append(1)",
          ".update({})",
          ".index('z')",
          ".count('')",
          ".join([1])",
          ".zfill(-1)",
          ".encode()",
          ".title()",
          ".find('x', 5, 1)",
          ".replace('a', 'b', 'c')",
          "()",
          "(1)",
          "(a=1)",
          " is defined",
          " is string",
          " is divisibleby(0)",
          " is in 5",
          " is eq",
          " is iterable",
          " + 1",
          " - 'x'",
          " * 3",
          " * -1",
          " / 0",
          " // 0",
          " % 0",
          " % 'x'",
          " ** -1",
          " ** 0.5",
          " ~ 1",
          " in 'a'",
          " not in []",
          " < 'a'",
          " == none",
          " and 1",
          " or x",
          " if x else y");

  private final Random random = new Random(20261121);

  private String expression() {
    var text = new StringBuilder(OPERANDS.get(random.nextInt(OPERANDS.size())));
    for (int i = random.nextInt(4); i > 0; i--) {
      text.insert(0, '(').append(')').append(BEHIND.get(random.nextInt(BEHIND.size())));
    }
    return text.toString();
  }

  private String statement(int depth) {
    String inside = depth == 0 ? "{{ " + expression() + " }}" : statement(depth - 1);
    return switch (random.nextInt(9)) {
      case 0 -> "{% for x in " + expression() + " %}" + inside + "{% else %}e{% endfor %}";
      case 1 ->
          "{% for a, b in " + expression() + " if a %}" + inside + "{{ loop.last }}{% endfor %}";
      case 2 -> "{% if " + expression() + " %}" + inside + "{% else %}" + inside + "{% endif %}";
      case 3 -> "{% set ns = " + expression() + " %}" + inside;
      case 4 -> "{% set ns.a = " + expression() + " %}" + inside;
      case 5 -> "{% macro m(p=" + expression() + ") %}" + inside + "{% endmacro %}{{ m() }}";
      case 6 -> "{% filter upper %}" + inside + "{% endfilter %}";
      case 7 -> "{%- set ns -%}" + inside + "{%- endset -%}{{ ns }}";
      default -> inside + "{{ " + expression() + " }}";
    };
  }

  private static void survives(String source) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          try {
            var user = new UserValues();
            user.with("messages", List.of(Map.of("role", "user", "content", "a b\u0000\ud800 é")));
            user.with("tools", List.of());
            JinjaTemplate.parse(source).render(Map.of("bos_token", "<s>"), user, NOW);
          } catch (JinjaException refused) {
            assertFalse(String.valueOf(refused.getMessage()).isBlank());
          }
        },
        () -> source);
  }

  @Test
  void randomTemplatesRenderOrFailAsTemplatesFail() {
    for (int i = 0; i < 8_000; i++) {
      survives(statement(random.nextInt(3)));
    }
  }

  @Test
  void textThatIsHardlyATemplateDoesNoHarm() {
    String alphabet = "{}%#-+ \n\t'\"\\[]()|.,:=~*/<>!axif 019_é\u0000";
    for (int i = 0; i < 15_000; i++) {
      var text = new StringBuilder(random.nextBoolean() ? "{{ " : "{% ");
      for (int n = random.nextInt(30); n > 0; n--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      survives(text.append(random.nextBoolean() ? " }}" : " %}").toString());
    }
  }

  @Test
  void hugeTemplatesAreRefusedOrRendered() {
    for (String part :
        Arrays.asList(
            "{{ ",
            "{% if x %}",
            "(",
            "[",
            "{{ x }}",
            "a",
            "{#",
            "not ",
            "-",
            "a.",
            "{% set x = ")) {
      survives(part.repeat(100_000));
      survives("{{ " + part.repeat(20_000) + " }}");
    }
    survives("{{ " + "x|upper".repeat(1) + "|upper".repeat(50_000) + " }}");
    survives("{{ 'a'" + " + 'a'".repeat(50_000) + " }}");
    survives("{{ " + "x if x else ".repeat(20_000) + "x }}");
  }
}
