package org.millrace.launcher.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepResult;
import org.millrace.launcher.console.LaunchException;

/** Sequences that run together on an engine, step by step; for one thread. */
final class Run implements AutoCloseable {
  private final Engine engine;
  private final int stepTokensMax;
  private final List<Sequence> sequences = new ArrayList<>();

  /** One sequence: its known tokens, and how many are computed. */
  private static final class Sequence {
    private final BlockTable blocks = new BlockTable();
    private final Sampler sampler;
    private int[] tokens;
    private int known;
    private int computed;
    private boolean prompted;

    Sequence(int[] prompt, int room, Sampler sampler) {
      this.tokens = Arrays.copyOf(prompt, room);
      this.known = prompt.length;
      this.sampler = sampler;
    }
  }

  Run(Engine engine, int stepTokensMax) {
    this.engine = engine;
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
    var sequence = new Sequence(prompt, room, sampler);
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
   * Runs one step over as many waiting tokens as fit. Returns a token per sequence, null where its
   * prompt is not at its end.
   */
  List<@Nullable SampledToken> step() {
    var slices = new ArrayList<StepPlan.Slice>();
    var planned = new ArrayList<Sequence>();
    int left = stepTokensMax;
    for (Sequence one : sequences) {
      int count = Math.min(one.known - one.computed, left);
      if (count > 0) {
        boolean last = one.computed + count == one.known;
        slices.add(
            new StepPlan.Slice(
                one.tokens, one.computed, count, one.blocks, last ? one.sampler : null));
        planned.add(one);
        left -= count;
      }
    }
    StepResult result = engine.run(new StepPlan(slices));
    result
        .failures()
        .values()
        .forEach(failure -> {
          throw failure;
        });
    return apply(slices, planned, result);
  }

  private List<@Nullable SampledToken> apply(
      List<StepPlan.Slice> slices, List<Sequence> planned, StepResult result) {
    var tokens = new ArrayList<@Nullable SampledToken>();
    for (int i = 0; i < planned.size(); i++) {
      Sequence one = planned.get(i);
      one.computed += slices.get(i).count();
      SampledToken token = result.sampled().get(i);
      one.prompted |= token != null;
      if (token != null && one.known < one.tokens.length) {
        one.tokens[one.known++] = token.token();
      }
      tokens.add(token);
    }
    return tokens;
  }

  @Override
  public void close() {
    sequences.forEach(one -> engine.blocks().release(one.blocks));
    sequences.clear();
  }
}
