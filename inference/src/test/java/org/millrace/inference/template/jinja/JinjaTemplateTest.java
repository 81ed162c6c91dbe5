package org.millrace.inference.template.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expected texts and messages are those of Python's Jinja 3.1. */
class JinjaTemplateTest {
  private static String render(String template) {
    var dict = new LinkedHashMap<String, Object>();
    dict.put("z", 1);
    dict.put("a", Arrays.asList(2.5, null, true));
    var user =
        new UserValues()
            .with("s", "hello world")
            .with("l", List.of(3, 1, 2))
            .with("d", dict)
            .with("tools", List.of(Map.of("function", Map.of("name", "f"))));
    return JinjaTemplate.parse(template)
        .render(
            Map.of("bos_token", "<s>"),
            user,
            LocalDateTime.of(2026, 3, 14, 15, 9, 26).atZone(ZoneOffset.UTC))
        .value();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "{{ d }} ~ {'z': 1, 'a': [2.5, None, True]}",
        "{{ d|tojson }} ~ {\"z\": 1, \"a\": [2.5, null, true]}",
        "{{ d|tojson(separators=(',',':'), sort_keys=true) }} ~ {\"a\":[2.5,null,true],\"z\":1}",
        "{{ s[::-1] }}{{ s[-5:] }}{{ s[0] }} ~ dlrow ollehworldh",
        "{{ s.split('o', 1) }} ~ ['hell', ' world']",
        "{{ l|sort|join('-') }} {{ l|reverse|list }} ~ 1-2-3 [2, 1, 3]",
        "{{ 7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} ~ 3 2 3.5 1024",
        "{{ 1e16 }} {{ 1e-5 }} {{ 0.1 + 0.2 }} ~ 1e+16 1e-05 0.30000000000000004",
        "{{ 'a' if nope else 'b' }}{{ nope }}{{ nope is defined }} ~ bFalse",
        "{% set ns = namespace(n=0) %}{% for i in l %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }} ~ 6",
        "{% set x = 1 %}{% for i in l %}{% set x = i %}{% endfor %}{{ x }} ~ 1",
        "{% for i in l %}{% if i == 1 %}{% continue %}{% endif %}{{ loop.index }}{{ i }}{% if loop.last %}!{% endif %}{% endfor %} ~ 1332!",
        "{% macro m(a, b='x') %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, b=2) }} ~ 1x12",
        "{% generation %}mine{% endgeneration %} ~ mine",
        "{{ '<a>'|safe + '<b>' }} ~ <a>&lt;b&gt;",
        "{{ strftime_now('%d %b %Y') }} ~ 14 Mar 2026",
        "{{ ['it\\'s', 'a\\n'] }} ~ [\"it's\", 'a\\n']",
        "{{ not l is none and l is iterable }} {{ 'a' in 'abc' }} {{ 3 not in l }} ~ True True False",
        "{{ tools|map(attribute='function.name')|list }} ~ ['f']",
        "{{ d.items()|list|length }} {{ d.get('q', 'none') }} ~ 2 none"
      })
  void expressionsGiveWhatPythonGives(String template, String expected) {
    assertEquals(expected, render(template));
  }

  @Test
  void blocksTakeTheirLineWithThem() {
    assertEquals("a\n  x\nb", render("a\n  {% if true %}\n  x\n  {% endif %}\nb\n"));
    assertEquals("axb", render("a\n  {%- if true -%}\n  x\n  {%- endif -%}\nb"));
    assertEquals("a\n  1\nb\n", render("a\n  {{ 1 }}\nb\n\n"));
    assertEquals("{{ x }} {% y %}", render("{% raw %}{{ x }} {% y %}{% endraw %}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "{{ raise_exception('no ' + 's') }} ~ TemplateError: no s",
        "{{ d.nope.x }} ~ UndefinedError: 'dict object' has no attribute 'nope'",
        "{{ nope.x }} ~ UndefinedError: 'nope' is undefined",
        "{{ l[9].x }} ~ UndefinedError: list object has no element 9",
        "{{ 'a' + l }} ~ TypeError: can only concatenate str (not \"list\") to str",
        "{{ 1 + 'a' }} ~ TypeError: unsupported operand type(s) for +: 'int' and 'str'",
        "{{ tools|map(attribute='x')|tojson }} ~ TypeError: Object of type generator is not JSON serializable",
        "{% for i in 5 %}{% endfor %} ~ TypeError: 'int' object is not iterable",
        "{{ l.append(1) }} ~ SecurityError: access to attribute 'append' of 'list' object is unsafe.",
        "{{ 1 < 'a' }} ~ TypeError: '<' not supported between instances of 'int' and 'str'"
      })
  void failuresAreNamedAsPythonNamesThem(String template, String message) {
    var failure = assertThrows(JinjaException.class, () -> render(template));
    assertEquals(message, failure.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ ''.__class__ }}{{ ''.__class__.__mro__ }}",
        "{{ d.getClass().forName('java.lang.Runtime') }}",
        "{{ s.class.name }}",
        "{{ l.__init__.__globals__ }}",
        "{{ raise_exception.__globals__.x }}",
        "{{ s.getBytes() }}"
      })
  void noObjectOfTheMachineCanBeReached(String template) {
    assertThrows(JinjaException.class, () -> render(template));
  }

  @ParameterizedTest
  @Timeout(60)
  @ValueSource(
      strings = {
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 999999999 }}",
        "{{ [1] * 999999999 }}",
        "{{ range(10000000) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ 'a'.center(999999999) }}",
        "{% set ns = namespace(s='xxxxxxxxxx') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{{ 'x'|indent(999999999) }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{{ ('a' * 100000).replace('a', 'b' * 100000) }}",
        "{% for c in 'x' * 2000000 %}{% endfor %}",
        "{{ 'a'.center(2 ** 40) }}",
        "{{ namespace([[1]]) }}"
      })
  void nothingRunsOrGrowsWithoutBound(String template) {
    assertThrows(JinjaException.class, () -> render(template));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% if x %}",
        "{{ 1",
        "{% endfor %}",
        "{{ (1 }}",
        "{% nope %}",
        "{{ 'a }}",
        "{# c",
        "{{ 1 +* 2 }}",
        "{% for in x %}{% endfor %}",
        "{{ x | }}",
        "{% set %}",
        "{{ ! }}"
      })
  void whatIsNoTemplateIsRefusedWithItsLine(String source) {
    var failure = assertThrows(JinjaException.class, () -> JinjaTemplate.parse("\n" + source));
    assertEquals("TemplateSyntaxError", failure.kind());
    assertTrue(failure.detail().contains("(line 2)"), failure.detail());
  }

  @Test
  void deepNestingIsRefused() {
    String deep = "{{ " + "(".repeat(5000) + "1" + ")".repeat(5000) + " }}";
    assertThrows(JinjaException.class, () -> JinjaTemplate.parse(deep));
    String blocks = "{% if 1 %}".repeat(5000) + "{% endif %}".repeat(5000);
    assertThrows(JinjaException.class, () -> JinjaTemplate.parse(blocks));
  }

  @Test
  void eachCharacterKnowsWhoWroteIt() {
    Text text =
        JinjaTemplate.parse("a{{ x|upper }}{{ [x]|tojson }}b")
            .render(
                Map.of(),
                new UserValues().with("x", "é\""),
                LocalDateTime.MIN.plusYears(999_999_999).atZone(ZoneOffset.UTC));
    assertEquals("aÉ\"[\"é\\\"\"]b", text.value());
    assertEquals("{1, 2, 5, 6, 7}", text.userCharacters().toString());
  }

  @Test
  void anUndefinedKeyFindsNothingAndIsNoFault() {
    assertEquals("||", render("{{ d[nope] }}|{{ l[nope] }}|{{ s[nope] }}"));
    // Where a key is called "items" the attribute is the method, and the method has no type.
    String macro = "{% macro m(o) %}{{ {'string': 'str'}[o.type] }}{% endmacro %}";
    assertEquals("List[]", render(macro + "List[{{ m(d.items) }}]"));
  }

  @Test
  void anIntegerBeyond64BitsKeepsAllItsDigits() {
    var large = new java.math.BigInteger("18446744073709551616");
    var user =
        new UserValues()
            .with("i", large)
            .with("r", new java.math.BigDecimal(large))
            .with("x", new java.math.BigDecimal("18446744073709551616.5"));
    String template =
        "{{ i }} {{ r|tojson }} {{ x }} {{ i is integer }} {{ i > 1 }} {{ i == r }} {{ [i] }}";
    String text =
        JinjaTemplate.parse(template)
            .render(Map.of(), user, LocalDateTime.of(2026, 3, 14, 15, 9).atZone(ZoneOffset.UTC))
            .value();
    assertEquals(
        "18446744073709551616 18446744073709551616 1.8446744073709552e+19 True True True [18446744073709551616]",
        text);
  }
}
