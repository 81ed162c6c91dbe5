package org.millrace.inference.grammar.schema;

import static org.millrace.inference.grammar.expression.Expression.UNLIMITED;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.automaton.Products;
import org.millrace.inference.grammar.automaton.Words;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.expression.Expression.Automaton;
import org.millrace.inference.grammar.expression.Expression.Characters;
import org.millrace.inference.grammar.expression.Expression.Repeat;
import org.millrace.inference.grammar.expression.Thompson;
import org.millrace.inference.grammar.json.Json;
import org.millrace.inference.grammar.json.JsonText;

/**
 * Objects: members in the order of {@code properties}, those that are not required may be left out,
 * then further ones where {@code additionalProperties} allows them. A schema that lists properties
 * and does not speak of others gets no others.
 */
final class ObjectSchema {
  private final SchemaCompiler compiler;
  private final View view;
  private final Map<String, View> members = new LinkedHashMap<>();
  private final Set<String> required = new LinkedHashSet<>();
  private boolean possible = true;

  ObjectSchema(SchemaCompiler compiler, View view) {
    this.compiler = compiler;
    this.view = view;
  }

  Expression expression() {
    readMembers();
    View others = others();
    if (!possible) {
      return Expression.NOTHING;
    }
    int othersMax = othersMax(others);
    boolean another = needsAnother(othersMax);
    if (!possible) {
      return Expression.NOTHING;
    }
    Expression other = othersMax == 0 ? Expression.NOTHING : otherMember(others);
    if (members.isEmpty()) {
      return JsonTerms.listed("{", other, another ? 1 : 0, othersMax, "}");
    }
    return withMembers(other, othersMax);
  }

  private void readMembers() {
    Set<String> names = new LinkedHashSet<>();
    view.all("properties").forEach(found -> names.addAll(found.members().keySet()));
    for (View.Found found : view.all("required")) {
      for (Json name : found.items()) {
        if (!(name instanceof Json.JsonString(String text))) {
          throw found.wrong("an array of strings");
        }
        names.add(text);
        required.add(text);
      }
    }
    for (String name : names) {
      View member = member(name);
      if (!member.impossible()) {
        members.put(name, member);
      } else if (required.contains(name)) {
        possible = false;
      }
    }
  }

  /** All that holds for the member of this name. */
  private View member(String name) {
    var member = new View(List.of(), false);
    for (Source source : view.sources()) {
      Json properties = source.get("properties");
      Json others = source.get("additionalProperties");
      Json own = properties instanceof Json.JsonObject(var schemas) ? schemas.get(name) : null;
      if (own != null) {
        String pointer =
            source.at("properties") + source.at(name).substring(source.pointer().length());
        member = member.and(compiler.sources().view(own, pointer));
      } else if (others != null) {
        member =
            member.and(
                compiler.sources().view(new View.Found(source, "additionalProperties", others)));
      }
    }
    return member;
  }

  /** What holds for members that no schema lists. */
  private View others() {
    var others = new View(List.of(), false);
    boolean spoken = false;
    for (View.Found found : view.all("additionalProperties")) {
      others = others.and(compiler.sources().view(found));
      spoken = true;
    }
    return new View(others.sources(), others.impossible() || !spoken && !members.isEmpty());
  }

  private int othersMax(View others) {
    View.Found max = view.first("maxProperties");
    int most = view.smallest("maxProperties", UNLIMITED);
    if (max != null && most < members.size()) {
      throw max.unsupported(
          "it is %d, fewer than the %d properties listed".formatted(most, members.size()));
    }
    if (others.impossible()) {
      return 0;
    }
    return most == UNLIMITED ? UNLIMITED : most - members.size();
  }

  /** Whether there must be a member where none is listed. */
  private boolean needsAnother(int othersMax) {
    int min = view.largest("minProperties", 0);
    if (min <= required.size()) {
      return false;
    }
    View.Found found = view.first("minProperties");
    if (found != null && (min > 1 || !members.isEmpty())) {
      throw found.unsupported("names of members could come twice and count once");
    }
    possible &= othersMax > 0;
    return true;
  }

  private Expression withMembers(Expression other, int othersMax) {
    List<String> names = List.copyOf(members.keySet());
    Expression tail =
        othersMax == 0 ? Expression.EMPTY : new Repeat(JsonTerms.afterComma(other), 0, othersMax);
    @Nullable Expression none =
        othersMax == 0
            ? null
            : Expression.sequence(
                other,
                othersMax == 1
                    ? Expression.EMPTY
                    : new Repeat(
                        JsonTerms.afterComma(other),
                        0,
                        othersMax == UNLIMITED ? UNLIMITED : othersMax - 1));
    boolean mayBeEmpty = true;
    // "tail" is what follows a member, "none" what there is where no member was before.
    for (int i = names.size() - 1; i >= 0; i--) {
      Expression member = namedMember(names.get(i));
      boolean needed = required.contains(names.get(i));
      Expression first = Expression.sequence(member, compiler.define(tail));
      none = none == null || needed ? first : Expression.choice(first, compiler.define(none));
      mayBeEmpty &= !needed;
      Expression next = Expression.sequence(JsonTerms.afterComma(member), compiler.define(tail));
      tail = needed ? next : Expression.choice(next, compiler.define(tail));
    }
    Expression full =
        Expression.sequence(
            Expression.literal("{"),
            JsonTerms.GAP,
            none == null ? Expression.NOTHING : none,
            JsonTerms.GAP,
            Expression.literal("}"));
    return mayBeEmpty ? Expression.choice(Expression.literal("{}"), full) : full;
  }

  private Expression namedMember(String name) {
    View member = members.getOrDefault(name, new View(List.of(), false));
    return Expression.sequence(
        Expression.literal(JsonText.quoted(name) + ":"), JsonTerms.AFTER_COLON, value(member));
  }

  private Expression value(View member) {
    return member.sources().isEmpty() ? JsonTerms.ANY : compiler.rule(member);
  }

  /** A member of another name; names with escapes are left out, so that none is a listed one. */
  private Expression otherMember(View others) {
    Expression name =
        Expression.sequence(
            Expression.literal("\""),
            new Repeat(new Characters(JsonTerms.PLAIN), 1, UNLIMITED),
            Expression.literal("\""));
    Set<String> listed = new LinkedHashSet<>();
    view.all("properties").forEach(found -> listed.addAll(found.members().keySet()));
    listed.addAll(required);
    if (!listed.isEmpty()) {
      var budget = compiler.budget();
      var words = Words.of(listed.stream().map(JsonText::quoted).toList(), budget);
      name = new Automaton(Products.subtract(Thompson.automaton(name, budget), words, budget));
    }
    return compiler.define(
        Expression.sequence(name, Expression.literal(":"), JsonTerms.AFTER_COLON, value(others)));
  }
}
