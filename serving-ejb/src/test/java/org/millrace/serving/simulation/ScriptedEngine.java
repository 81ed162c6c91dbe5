package org.millrace.serving.simulation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.ChatEncoder;
import org.millrace.inference.api.Constraint;
import org.millrace.inference.api.ConstraintState;
import org.millrace.inference.api.Constraints;
import org.millrace.inference.api.Conversation;
import org.millrace.inference.api.DeviceException;
import org.millrace.inference.api.DeviceInfo;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.ModelInfo;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepResult;
import org.millrace.inference.cache.BlockMemory;

/**
 * A model that is a hash: the next token depends on every token in the sequence's cache blocks and
 * on its seed, so that a plan that mixes up blocks, positions or samplers gives another text than
 * {@link #alone}. What a plan must not do is kept in {@link #faults}.
 */
public final class ScriptedEngine implements Engine {
  private final ByteTokenizer tokenizer = new ByteTokenizer();
  private final Constraints constraints = Constraints.of(tokenizer);
  private final WatchedBlocks blocks;
  private final int contextTokens;
  private final int stepTokensMax;
  private final int stepSequencesMax;
  private final int[] cache;
  private final List<String> faults = new ArrayList<>();
  private final Map<Long, Integer> drawnOfSeed = new HashMap<>();
  private @Nullable IntUnaryOperator script;
  private int failingSteps;
  private int badSampler = -1;
  private int lostAtSlice = -1;
  private boolean lost;
  private boolean badIsNaN;
  private int largestStepTokens;
  private int largestStepSequences;
  private int steps;
  private int rightGuesses;
  private int closed;

  public ScriptedEngine(
      int contextTokens,
      int blockTokens,
      int totalBlocks,
      int ownerBlocksMax,
      int stepTokensMax,
      int stepSequencesMax) {
    this.contextTokens = contextTokens;
    this.stepTokensMax = stepTokensMax;
    this.stepSequencesMax = stepSequencesMax;
    this.cache = new int[blockTokens * totalBlocks];
    Arrays.fill(cache, -1);
    this.blocks = new WatchedBlocks(blockTokens, totalBlocks, ownerBlocksMax, memory(), faults);
  }

  private BlockMemory memory() {
    return new BlockMemory() {
      @Override
      public void prepare(int block) {}

      @Override
      public void copy(int from, int to) {
        int tokens = blocks.blockTokens();
        System.arraycopy(cache, from * tokens, cache, to * tokens, tokens);
      }
    };
  }

  /** Generates the same tokens for every sequence: a function of how many were drawn before. */
  public void script(IntUnaryOperator tokenAt) {
    script = tokenAt;
  }

  /** Generates this text and then the end. */
  public void say(String text) {
    int[] tokens = tokenizer.encode(text, false, false);
    script(i -> i < tokens.length ? tokens[i] : ByteTokenizer.END);
  }

  public void failNextSteps(int count) {
    failingSteps = count;
  }

  /**
   * Lets the device be lost in the middle of the next step: before this slice of it, or at its
   * start where it has fewer.
   */
  public void loseDevice(int slice) {
    lostAtSlice = slice;
  }

  /**
   * Lets one sequence of the next step fail on its own: by a failing sampler, or by logits that are
   * no numbers.
   */
  public void breakOneSampler(int index, boolean byNaN) {
    badSampler = index;
    badIsNaN = byNaN;
  }

  public List<String> faults() {
    return faults;
  }

  /** How many tokens were drawn with this seed, the end included. */
  public int drawn(long seed) {
    return drawnOfSeed.getOrDefault(seed, 0);
  }

  public int largestStepTokens() {
    return largestStepTokens;
  }

  public int largestStepSequences() {
    return largestStepSequences;
  }

  public int steps() {
    return steps;
  }

  /** What this model generates for a prompt when nothing else runs. */
  public static List<Integer> alone(int[] prompt, long seed, int maxTokens) {
    int[] all = Arrays.copyOf(prompt, prompt.length + maxTokens);
    var drawn = new ArrayList<Integer>();
    for (int known = prompt.length; known < all.length; known++) {
      int token = next(hash(all, known), seed);
      if (token == ByteTokenizer.END) {
        break;
      }
      all[known] = token;
      drawn.add(token);
    }
    return drawn;
  }

  private static long hash(int[] tokens, int count) {
    long hash = 17;
    for (int i = 0; i < count; i++) {
      hash = mix(hash, tokens[i]);
    }
    return hash;
  }

  private static long mix(long hash, int token) {
    return (hash ^ token) * 0x9E3779B97F4A7C15L + (hash >>> 29);
  }

  private static int next(long hash, long seed) {
    long value = mix(hash, (int) seed * 31 + 7) >>> 33;
    return value % 29 == 0 ? ByteTokenizer.END : 'a' + (int) (value % 26);
  }

  @Override
  public StepResult run(StepPlan plan) {
    steps++;
    check(plan);
    if (failingSteps > 0) {
      failingSteps--;
      throw new IllegalStateException("scripted failure");
    }
    List<List<SampledToken>> drawn = new ArrayList<>();
    Map<Integer, RuntimeException> failures = new HashMap<>();
    int lostFrom = lostAtSlice < plan.slices().size() ? lostAtSlice : 0;
    for (int i = 0; i < plan.slices().size(); i++) {
      if (lost || lostFrom == i) {
        lost = true;
        return lostInTheMiddle(plan, drawn, failures);
      }
      StepPlan.Slice slice = plan.slices().get(i);
      for (int p = slice.from(); p < slice.from() + slice.count(); p++) {
        cache[position(slice.blocks(), p)] = slice.tokens()[p];
        blocks.written(slice.blocks(), slice.blocks().block(p / blocks.blockTokens()));
      }
      try {
        drawn.add(new ArrayList<>());
        draw(slice, i == badSampler, drawn.getLast());
      } catch (RuntimeException failure) {
        failures.put(i, failure);
      }
    }
    badSampler = -1;
    return new StepResult(drawn, failures);
  }

  /** As engines do: what samplers have drawn is told, so that they and their sequences agree. */
  private static StepResult lostInTheMiddle(
      StepPlan plan, List<List<SampledToken>> drawn, Map<Integer, RuntimeException> failures) {
    var loss = new DeviceException("scripted: the device is lost", true);
    if (drawn.stream().allMatch(List::isEmpty)) {
      throw loss;
    }
    for (int i = drawn.size(); i < plan.slices().size(); i++) {
      drawn.add(new ArrayList<>());
      failures.put(i, loss);
    }
    return new StepResult(drawn, failures);
  }

  private void draw(StepPlan.Slice slice, boolean broken, List<SampledToken> drawn) {
    Sampler sampler = slice.sampler();
    int known = slice.from() + slice.count() - slice.guesses();
    for (int end = known; sampler != null && end <= known + slice.guesses(); end++) {
      SampledToken token = sampler.sample(logits(slice, end, broken));
      drawn.add(token);
      if (end == known + slice.guesses() || token.token() != slice.tokens()[end]) {
        return;
      }
      rightGuesses++;
    }
  }

  /** How many guesses were just what was drawn. */
  public int rightGuesses() {
    return rightGuesses;
  }

  private void check(StepPlan plan) {
    largestStepTokens = Math.max(largestStepTokens, plan.tokenCount());
    largestStepSequences = Math.max(largestStepSequences, plan.slices().size());
    if (plan.tokenCount() > stepTokensMax || plan.slices().size() > stepSequencesMax) {
      faults.add("plan over budget: " + plan.tokenCount() + ", " + plan.slices().size());
    }
    for (StepPlan.Slice slice : plan.slices()) {
      if (slice.count() < 1) {
        faults.add("empty slice");
      }
      for (int p = 0; p < slice.from(); p++) {
        if (cache[position(slice.blocks(), p)] != slice.tokens()[p]) {
          faults.add("position " + p + " was not computed");
        }
      }
    }
  }

  /**
   * The hash of what the cache holds before a position, as two numbers that survive being floats;
   * NaN where this one is to break.
   */
  private float[] logits(StepPlan.Slice slice, int end, boolean broken) {
    long hash = 17;
    for (int p = 0; p < end; p++) {
      hash = mix(hash, cache[position(slice.blocks(), p)]);
    }
    float[] logits = new float[ByteTokenizer.SIZE];
    for (int i = 0; i < 4; i++) {
      logits[i] = (hash >>> (16 * i)) & 0xFFFF;
    }
    if (broken) {
      logits[10] = badIsNaN ? Float.NaN : Float.POSITIVE_INFINITY;
    }
    return logits;
  }

  private int position(BlockTable table, int position) {
    return table.block(position / blocks.blockTokens()) * blocks.blockTokens()
        + position % blocks.blockTokens();
  }

  @Override
  public Sampler sampler(SamplingParams params, int[] promptTokens) {
    return new ScriptedSampler(params);
  }

  private final class ScriptedSampler implements Sampler {
    private final SamplingParams params;
    private final @Nullable ConstraintState constraint;
    private int drawn;

    ScriptedSampler(SamplingParams params) {
      this.params = params;
      Constraint asked = params.constraint();
      this.constraint = asked == null ? null : asked.start();
    }

    @Override
    public SampledToken sample(float[] logits) {
      if (!Float.isFinite(logits[10])) {
        throw new IllegalStateException("scripted: a logit is " + logits[10]);
      }
      long hash = 0;
      for (int i = 0; i < 4; i++) {
        hash |= (long) logits[i] << (16 * i);
      }
      int token = allowed(script == null ? next(hash, params.seed()) : script.applyAsInt(drawn));
      drawn++;
      drawnOfSeed.merge(params.seed(), 1, Integer::sum);
      if (!params.logprobs()) {
        return new SampledToken(token, Float.NaN, List.of());
      }
      var top = new ArrayList<SampledToken.TokenLogprob>();
      for (int i = 0; i < params.topLogprobs(); i++) {
        top.add(new SampledToken.TokenLogprob((token + i) % 256, -0.5f - i));
      }
      return new SampledToken(token, -0.5f, top);
    }

    /** The token itself, or the next one that the constraint allows. */
    private int allowed(int wanted) {
      if (constraint == null) {
        return wanted;
      }
      int token = wanted;
      while (!constraint.allows(token)) {
        token = (token + 1) % ByteTokenizer.SIZE;
      }
      constraint.advance(token);
      return token;
    }
  }

  @Override
  public Constraints constraints() {
    return constraints;
  }

  @Override
  public ModelInfo model() {
    return new ModelInfo(
        "Scripted 1",
        "scripted",
        "F32",
        Path.of("scripted.gguf"),
        1,
        1,
        ByteTokenizer.SIZE,
        contextTokens,
        1,
        4);
  }

  @Override
  public DeviceInfo device() {
    return new DeviceInfo("cpu", "scalar", 1, "scripted");
  }

  @Override
  public ByteTokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public ChatEncoder chat() {
    return new ChatEncoder() {
      @Override
      public boolean hasTemplate() {
        return true;
      }

      @Override
      public String render(Conversation conversation) {
        var text = new StringBuilder();
        conversation.messages().forEach(message -> text.append(message.get("content")).append('|'));
        return text.toString();
      }

      @Override
      public int[] encode(Conversation conversation) {
        return tokenizer.encode(render(conversation), false, false);
      }
    };
  }

  @Override
  public WatchedBlocks blocks() {
    return blocks;
  }

  /** How often its memory was given back. */
  public int closed() {
    return closed;
  }

  @Override
  public void close() {
    closed++;
  }
}
