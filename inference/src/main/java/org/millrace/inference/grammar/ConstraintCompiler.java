package org.millrace.inference.grammar;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.Constraint;
import org.millrace.inference.api.Constraints;
import org.millrace.inference.api.InvalidRequestException;
import org.millrace.inference.api.OutputFormat;
import org.millrace.inference.api.Tokenizer;
import org.millrace.inference.grammar.automaton.Words;
import org.millrace.inference.grammar.bounds.Budget;
import org.millrace.inference.grammar.bounds.GrammarException;
import org.millrace.inference.grammar.bounds.GrammarLimits;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.expression.Grammar;
import org.millrace.inference.grammar.machine.Machine;
import org.millrace.inference.grammar.schema.SchemaCompiler;
import org.millrace.inference.grammar.syntax.GbnfParser;
import org.millrace.inference.grammar.syntax.RegexParser;
import org.millrace.inference.grammar.vocabulary.TokenVocabulary;

/**
 * Compiles formats for one model's vocabulary and keeps those last used. Thread-safe; compiling
 * happens on the caller's thread, outside of any lock.
 */
public final class ConstraintCompiler implements Constraints {
  private static final int KEPT_MAX = 32;

  /** Of all that are kept, with what was found out about them. */
  private static final long KEPT_BYTES_MAX = 128L << 20;

  private final Tokenizer tokenizer;
  private final Map<OutputFormat, CompiledConstraint> kept = new LinkedHashMap<>(16, 0.75f, true);
  private volatile @Nullable TokenVocabulary vocabulary;

  public ConstraintCompiler(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public Constraint compile(OutputFormat format) {
    synchronized (kept) {
      CompiledConstraint known = kept.get(format);
      if (known != null) {
        return known;
      }
    }
    CompiledConstraint made;
    try {
      made = new CompiledConstraint(Machine.of(grammar(format), new Budget()), vocabulary());
      made.warmUp();
    } catch (GrammarException refusal) {
      throw new InvalidRequestException(name(format), String.valueOf(refusal.getMessage()));
    } catch (StackOverflowError tooDeep) {
      throw new InvalidRequestException(
          name(format), "it unfolds too deep; use fewer members or parts in a row");
    }
    synchronized (kept) {
      kept.put(format, made);
      makeRoom();
    }
    return made;
  }

  /** Forgets those not asked for for longest. Who uses one goes on with it. */
  private void makeRoom() {
    long bytes = kept.values().stream().mapToLong(CompiledConstraint::byteSize).sum();
    var eldest = kept.values().iterator();
    while (kept.size() > KEPT_MAX || bytes > KEPT_BYTES_MAX && kept.size() > 1) {
      bytes -= eldest.next().byteSize();
      eldest.remove();
    }
  }

  private TokenVocabulary vocabulary() {
    TokenVocabulary known = vocabulary;
    if (known == null) {
      synchronized (this) {
        known = vocabulary;
        if (known == null) {
          known = TokenVocabulary.of(tokenizer);
          vocabulary = known;
        }
      }
    }
    if (!known.canEnd()) {
      throw new GrammarException("the model has no token that ends a text");
    }
    return known;
  }

  private static Grammar grammar(OutputFormat format) {
    return switch (format) {
      case OutputFormat.JsonObject() -> SchemaCompiler.anyObject();
      case OutputFormat.JsonSchema(String schema) -> SchemaCompiler.compile(schema, new Budget());
      case OutputFormat.Regex(String pattern) -> Grammar.of(RegexParser.whole(pattern));
      case OutputFormat.Choice(List<String> choices) -> choice(choices);
      case OutputFormat.Rules(String text) -> GbnfParser.parse(text);
    };
  }

  private static Grammar choice(List<String> choices) {
    if (choices.isEmpty() || choices.size() > GrammarLimits.CHOICES_MAX) {
      throw GrammarException.of(
          "there are %d choices; expected 1 to %d", choices.size(), GrammarLimits.CHOICES_MAX);
    }
    long characters = choices.stream().mapToLong(String::length).sum();
    GrammarLimits.checkSource("the list of choices", characters);
    choices.forEach(ConstraintCompiler::requireWholeCharacters);
    return Grammar.of(new Expression.Automaton(Words.of(choices, new Budget())));
  }

  private static void requireWholeCharacters(String choice) {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(choice)) {
      throw new GrammarException("a choice has half of a surrogate pair, which is no character");
    }
  }

  private static String name(OutputFormat format) {
    return switch (format) {
      case OutputFormat.JsonObject() -> "json_object";
      case OutputFormat.JsonSchema schema -> "json_schema";
      case OutputFormat.Regex regex -> "regex";
      case OutputFormat.Choice choice -> "choice";
      case OutputFormat.Rules rules -> "grammar";
    };
  }
}
