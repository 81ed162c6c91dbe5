package org.millrace.serving.request;

import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.PromptLookup;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.StepPlan;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.request.RequestSpec.PromptTokens;
import org.millrace.serving.stream.ChoiceText;

/**
 * One running completion: known tokens, of which the first {@link #computed} are in the cache. In
 * each step the computed ones catch up with the known ones. Owned by the engine thread.
 */
public final class Sequence {
  private final ServedRequest request;
  private final int choice;
  private final int prompt;
  private final PromptTokens limits;
  private final int[] tokens;
  private final BlockTable blocks = new BlockTable();
  private final Sampler sampler;
  private final PromptLookup lookup;
  private final ChoiceText text;
  // Changes only while it holds no blocks.
  private Engine engine;
  private int known;
  private int computed;
  private int fromCache;
  private int planned;
  private int guesses;
  private boolean resident;
  private @Nullable FinishReason finished;

  /**
   * @param guessesMax most tokens to guess ahead in one step
   */
  Sequence(ServedRequest request, int choice, Engine engine, int guessesMax) {
    RequestSpec spec = request.spec();
    this.request = request;
    this.choice = choice;
    this.prompt = choice / spec.choices();
    this.limits = spec.prompts().get(prompt);
    this.engine = engine;
    this.tokens = Arrays.copyOf(limits.tokens(), limits.positionsMax());
    this.known = limits.tokens().length;
    this.sampler = engine.sampler(spec.samplingOf(choice), limits.tokens());
    this.lookup = new PromptLookup(guessesMax, engine.tokenizer());
    this.text = new ChoiceText(choice, engine.tokenizer(), spec.stop(), spec.sampling().logprobs());
  }

  public ServedRequest request() {
    return request;
  }

  /** Index over the request's prompts and their choices. */
  public int choice() {
    return choice;
  }

  /** Tokens that are known but not in the cache. */
  public int missing() {
    return known - computed;
  }

  public int known() {
    return known;
  }

  /** Positions in the cache after the planned part of this step. */
  public int computedAfterStep() {
    return computed + planned + guesses;
  }

  public BlockTable blocks() {
    return blocks;
  }

  /** Whether it has a place among those that run. */
  public boolean isResident() {
    return resident;
  }

  public boolean isFinished() {
    return finished != null;
  }

  public int planned() {
    return planned;
  }

  /** How many tokens the step being planned computes, 0 for none. */
  public void plan(int count) {
    planned = count;
    guesses = 0;
  }

  /**
   * Takes over what the prefix cache has of its known tokens. The last one is computed in any case,
   * because its logits are needed.
   */
  public void adopt() {
    int found = engine.blocks().adopt(blocks, owner(), tokens, known);
    computed = Math.min(found, known - 1);
    fromCache = computed;
  }

  /**
   * Whether another choice is just computing the same prompt: it is in the prefix cache as soon as
   * that one is done.
   */
  public boolean waitsForSister() {
    int blockTokens = engine.blocks().blockTokens();
    int length = limits.tokens().length;
    if (length <= blockTokens || engine.blocks().cachedBlocksMax() == 0) {
      return false;
    }
    for (Sequence sister : request.sequences()) {
      if (sister == this) {
        return false;
      }
      if (sister.prompt == prompt && sister.resident && sister.computed < length) {
        return true;
      }
    }
    return false;
  }

  /** Blocks that it needs besides its own to have room for all it knows. */
  public int blocksMissing() {
    int blockTokens = engine.blocks().blockTokens();
    int copied = blocks.shareable() * blockTokens > computed ? 1 : 0;
    return Math.ceilDiv(known, blockTokens) - blocks.size() + copied;
  }

  /** Whether it has blocks of its own for these positions, those to be computed among them. */
  public boolean reserve(int positions) {
    return engine.blocks().reserve(blocks, computed, positions);
  }

  public void settleIn() {
    resident = true;
  }

  private UUID owner() {
    return request.spec().caller().tenantId();
  }

  /** Gives its blocks back; what was computed is computed again later, from the known tokens. */
  public void giveWay() {
    engine.blocks().release(blocks);
    request.countBlocks();
    resident = false;
    computed = 0;
    fromCache = 0;
    planned = 0;
    guesses = 0;
  }

  /** Goes on with another engine of the same model, where it computes all it knows once more. */
  void moveTo(Engine other) {
    engine = other;
  }

  /** Guesses what comes after all it knows, at most {@code limit} tokens. Returns how many. */
  public int guess(int limit) {
    // The token behind the last one it may have is never drawn.
    int room = tokens.length - known - 1;
    guesses = planned == missing() ? lookup.guess(tokens, known, Math.min(limit, room)) : 0;
    return guesses;
  }

  /** Takes the guesses back. */
  public void guessNothing() {
    guesses = 0;
  }

  /**
   * The planned part as the engine sees it. Logits are wanted only where the computed tokens reach
   * the known ones.
   */
  public StepPlan.Slice slice() {
    return new StepPlan.Slice(
        tokens,
        computed,
        planned + guesses,
        blocks,
        planned == missing() ? sampler : null,
        guesses);
  }

  /**
   * Takes what the step brought.
   *
   * @throws RuntimeException where no token could be drawn that was asked for
   */
  void apply(List<SampledToken> drawn, @Nullable RuntimeException failure, long nowMillis) {
    boolean wanted = planned == missing();
    int right = Math.max(0, drawn.size() - 1);
    // Right guesses are in the cache already; what wrong ones left there is written over.
    computed += planned + right;
    lookup.outcome(guesses, right);
    planned = 0;
    guesses = 0;
    for (int i = 0; i < right; i++) {
      tokens[known + i] = drawn.get(i).token();
    }
    engine.blocks().publish(blocks, owner(), tokens, computed);
    request.countPrompt(prompt, fromCache, computed, nowMillis);
    if (failure != null) {
      throw failure;
    }
    if (wanted && drawn.isEmpty()) {
      throw new IllegalStateException("the engine drew no token and did not say why");
    }
    draw(drawn, nowMillis);
  }

  private void draw(List<SampledToken> drawn, long nowMillis) {
    for (SampledToken token : drawn) {
      draw(token, nowMillis);
      if (isFinished()) {
        return;
      }
    }
    if (!drawn.isEmpty()) {
      request.handOut(text.take(), nowMillis);
    }
  }

  private void draw(SampledToken sampled, long nowMillis) {
    if (engine.tokenizer().endsGeneration(sampled.token())) {
      finish(FinishReason.STOP, nowMillis);
      return;
    }
    tokens[known++] = sampled.token();
    request.countGenerated(nowMillis);
    boolean stopped = text.add(sampled);
    if (stopped) {
      finish(FinishReason.STOP, nowMillis);
    } else if (known == tokens.length) {
      finish(FinishReason.LENGTH, nowMillis);
    }
  }

  private void finish(FinishReason reason, long nowMillis) {
    release(reason);
    request.handOut(text.finish(), nowMillis);
    request.choiceFinished(choice, reason);
  }

  /** Ends without a word, because its request does. */
  void release(FinishReason reason) {
    finished = reason;
    giveWay();
  }
}
