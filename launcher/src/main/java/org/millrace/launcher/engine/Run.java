package org.millrace.launcher.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.PromptLookup;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepResult;
import org.millrace.launcher.console.LaunchException;

/** Sequences that run together on an engine, step by step; for one thread. */
final class Run implements AutoCloseable {
  private final Engine engine;
  private final int stepTokensMax;
  private final int guessesMax;
  private final List<Sequence> sequences = new ArrayList<>();

  /** One sequence: its known tokens, and how many are computed. */
  private static final class Sequence {
    private final BlockTable blocks = new BlockTable();
    private final Sampler sampler;
    private final PromptLookup lookup;
    private final int[] tokens;
    private int known;
    private int computed;
    private int guesses;
    private boolean prompted;

    Sequence(int[] prompt, int room, Sampler sampler, PromptLookup lookup) {
      this.tokens = Arrays.copyOf(prompt, room);
      this.known = prompt.length;
      this.sampler = sampler;
      this.lookup = lookup;
    }

    StepPlan.Slice slice(int tokensMax) {
      int missing = known - computed;
      int count = Math.min(missing, tokensMax);
      boolean last = count == missing;
      // The last position's token needs none behind it.
      guesses = last ? lookup.guess(tokens, known, Math.min(tokensMax - count, room() - 1)) : 0;
      return new StepPlan.Slice(
          tokens, computed, count + guesses, blocks, last ? sampler : null, guesses);
    }

    private int room() {
      return tokens.length - known;
    }

    void apply(int count, List<SampledToken> drawn) {
      lookup.outcome(guesses, Math.max(0, drawn.size() - 1));
      // Of the guesses, those that were drawn are computed; what the others left is written over.
      computed += count - guesses + Math.max(0, drawn.size() - 1);
      for (SampledToken token : drawn) {
        prompted = true;
        if (known < tokens.length) {
          tokens[known++] = token.token();
        }
      }
    }
  }

  /** Steps that guess nothing. */
  Run(Engine engine, int stepTokensMax) {
    this(engine, stepTokensMax, 0);
  }

  /**
   * @param guessesMax most tokens to guess ahead for a sequence
   */
  Run(Engine engine, int stepTokensMax, int guessesMax) {
    this.engine = engine;
    this.guessesMax = guessesMax;
    this.stepTokensMax = stepTokensMax;
  }

  /**
   * @param room most tokens it will have, prompt and generated
   */
  void add(int[] prompt, int room, Sampler sampler) {
    int context = engine.model().contextTokens();
    if (room > context) {
      throw new LaunchException(
          "%d tokens are asked for, prompt and generated; the model's context is %d"
              .formatted(room, context));
    }
    var sequence =
        new Sequence(prompt, room, sampler, new PromptLookup(guessesMax, engine.tokenizer()));
    if (!engine.blocks().reserve(sequence.blocks, room)) {
      throw new LaunchException("the cache has no room for %d tokens".formatted(room));
    }
    sequences.add(sequence);
  }

  /** Whether every sequence has its first token. */
  boolean promptDone() {
    return sequences.stream().allMatch(one -> one.prompted);
  }

  /** Tokens not yet computed, all sequences together. */
  int waiting() {
    return sequences.stream().mapToInt(one -> one.known - one.computed).sum();
  }

  /**
   * Runs one step over as many waiting tokens as fit. Returns the tokens drawn for each sequence:
   * none where its prompt is not at its end, several where guesses were right.
   */
  List<List<SampledToken>> step() {
    var slices = new ArrayList<StepPlan.Slice>();
    var planned = new ArrayList<Sequence>();
    int left = stepTokensMax;
    for (Sequence one : sequences) {
      if (one.known > one.computed && left > 0) {
        StepPlan.Slice slice = one.slice(left);
        slices.add(slice);
        planned.add(one);
        left -= slice.count();
      }
    }
    StepResult result = engine.run(new StepPlan(slices));
    result
        .failures()
        .values()
        .forEach(failure -> {
          throw failure;
        });
    for (int i = 0; i < planned.size(); i++) {
      planned.get(i).apply(slices.get(i).count(), result.drawn().get(i));
    }
    return result.drawn();
  }

  @Override
  public void close() {
    sequences.forEach(one -> engine.blocks().release(one.blocks));
    sequences.clear();
  }
}
