package org.millrace.inference.grammar.syntax;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.millrace.inference.grammar.automaton.CodePoints;
import org.millrace.inference.grammar.bounds.GrammarException;
import org.millrace.inference.grammar.bounds.GrammarLimits;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.expression.Grammar;

/**
 * Reads rules in the notation of llama.cpp's grammars (GBNF): {@code name ::= alternatives}, with
 * texts in quotation marks, character classes, {@code .} for any character, names of rules, groups,
 * the quantifiers {@code * + ? {m} {m,} {m,n}} and comments after {@code #}. A text starts with the
 * rule {@code root}. A rule ends where the next begins, so line ends mean nothing.
 */
public final class GbnfParser {
  private static final String START = "root";

  private final Cursor cursor;
  private final Map<String, Expression> rules = new LinkedHashMap<>();
  private final Map<String, Integer> named = new LinkedHashMap<>();

  private GbnfParser(String text) {
    this.cursor = new Cursor("grammar", text);
  }

  /**
   * @throws GrammarException saying what is refused, and at which character
   */
  public static Grammar parse(String text) {
    var parser = new GbnfParser(text);
    parser.skipSpace();
    while (parser.cursor.more()) {
      parser.rule();
    }
    parser.checkNames();
    return new Grammar(Map.copyOf(parser.rules), START);
  }

  private void checkNames() {
    if (!rules.containsKey(START)) {
      throw GrammarException.of("the grammar has no rule '%s' to start with", START);
    }
    named.forEach((name, place) -> {
      if (!rules.containsKey(name)) {
        cursor.backTo(place);
        throw cursor.refused("the rule '%s' is named but not defined".formatted(name));
      }
    });
  }

  private void rule() {
    String name = name();
    if (name.isEmpty() || !takeDefinition()) {
      throw cursor.refused("a rule 'name ::= ...' is expected");
    }
    if (rules.size() >= GrammarLimits.RULES_MAX) {
      throw cursor.refused(
          "there are more than %d rules, which is the limit".formatted(GrammarLimits.RULES_MAX));
    }
    if (rules.put(name, alternatives(0)) != null) {
      throw cursor.refused("the rule '%s' is defined twice".formatted(name));
    }
    if (cursor.more() && !atDefinition()) {
      throw cursor.refused(
          cursor.peek() == ')' ? "a ')' has no '('" : "this is not understood here");
    }
  }

  private Expression alternatives(int depth) {
    GrammarLimits.checkDepth("the grammar", depth);
    List<Expression> alternatives = new ArrayList<>();
    do {
      skipSpace();
      alternatives.add(sequence(depth));
    } while (cursor.take('|'));
    return alternatives.size() == 1
        ? alternatives.getFirst()
        : new Expression.Choice(List.copyOf(alternatives));
  }

  private Expression sequence(int depth) {
    List<Expression> parts = new ArrayList<>();
    while (cursor.more() && "|)".indexOf(cursor.peek()) < 0 && !atDefinition()) {
      Expression part = atom(depth);
      skipSpace();
      while (cursor.more() && "*+?{".indexOf(cursor.peek()) >= 0) {
        part = quantified(part);
        skipSpace();
      }
      parts.add(part);
    }
    return parts.size() == 1 ? parts.getFirst() : new Expression.Sequence(List.copyOf(parts));
  }

  private Expression atom(int depth) {
    if (cursor.take('"')) {
      return text();
    }
    if (cursor.take('[')) {
      return new Expression.Characters(ClassParser.parse(cursor));
    }
    if (cursor.take('.')) {
      return new Expression.Characters(CodePoints.ALL);
    }
    if (cursor.take('(')) {
      Expression body = alternatives(depth + 1);
      if (!cursor.take(')')) {
        throw cursor.refused("a '(' has no ')'");
      }
      return body;
    }
    if (cursor.peek() == '<' || cursor.startsWith("!<")) {
      throw cursor.refused("tokens by their name or number (<...>) are not supported");
    }
    int place = cursor.at();
    String name = name();
    if (name.isEmpty()) {
      throw cursor.refused("a text, a class, a rule's name or a group is expected");
    }
    named.putIfAbsent(name, place);
    return new Expression.Rule(name);
  }

  private Expression text() {
    var text = new StringBuilder();
    while (!cursor.take('"')) {
      int c = cursor.next();
      text.appendCodePoint(c == '\\' ? EscapeParser.character(cursor, cursor.next(), true) : c);
    }
    return Expression.literal(text.toString());
  }

  private Expression quantified(Expression body) {
    if (cursor.take('*')) {
      return new Expression.Repeat(body, 0, Expression.UNLIMITED);
    }
    if (cursor.take('+')) {
      return new Expression.Repeat(body, 1, Expression.UNLIMITED);
    }
    if (cursor.take('?')) {
      return Expression.optional(body);
    }
    if (!cursor.atCount()) {
      throw cursor.refused("'{' must begin a count such as {2} or {1,5}");
    }
    int[] counts = cursor.counts();
    return new Expression.Repeat(body, counts[0], counts[1]);
  }

  private boolean atDefinition() {
    int place = cursor.at();
    boolean there = !name().isEmpty() && takeDefinition();
    cursor.backTo(place);
    return there;
  }

  private boolean takeDefinition() {
    skipSpace();
    boolean there = cursor.startsWith("::=");
    cursor.backTo(cursor.at() + (there ? 3 : 0));
    return there;
  }

  private String name() {
    var name = new StringBuilder();
    int c = cursor.peek();
    while (c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || c == '-'
        || c == '_') {
      name.appendCodePoint(cursor.next());
      c = cursor.peek();
    }
    return name.toString();
  }

  private void skipSpace() {
    while (cursor.more()) {
      int c = cursor.peek();
      if (c == '#') {
        while (cursor.more() && cursor.peek() != '\n') {
          cursor.next();
        }
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        cursor.next();
      } else {
        return;
      }
    }
  }
}
