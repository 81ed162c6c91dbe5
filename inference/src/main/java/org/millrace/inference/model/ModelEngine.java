package org.millrace.inference.model;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.ChatEncoder;
import org.millrace.inference.api.Constraints;
import org.millrace.inference.api.DeviceException;
import org.millrace.inference.api.DeviceInfo;
import org.millrace.inference.api.DeviceUse;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.KvBlocks;
import org.millrace.inference.api.LoadProgress;
import org.millrace.inference.api.ModelInfo;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepResult;
import org.millrace.inference.api.Tokenizer;
import org.millrace.inference.sampling.SeededSampler;
import org.millrace.inference.tensor.Batch;

/** Runs a model on its device: checks the plan, fills the batch, runs the forward pass, samples. */
public final class ModelEngine implements Engine {
  private final LoadedModel loaded;
  private final EngineOptions options;
  private final Batch batch;
  // Rows whose logits are wanted, and the slice of each.
  private final int[] logitRows;
  private final int[] logitSlices;
  private final float[] logits;
  private final Constraints constraints;
  // Closing waits for the step that runs, because kernels touch memory that closing frees.
  private final ReentrantLock running = new ReentrantLock();
  private boolean closed;

  private ModelEngine(LoadedModel loaded, EngineOptions options) {
    this.loaded = loaded;
    this.options = options;
    this.batch = new Batch(options.stepTokensMax(), options.stepSequencesMax());
    this.logitRows = new int[options.stepTokensMax()];
    this.logitSlices = new int[options.stepTokensMax()];
    this.logits = new float[loaded.info().vocabularySize()];
    this.constraints = Constraints.of(loaded.tokenizer());
  }

  /**
   * Maps a file, makes it ready and warms the kernels up, which takes about a second at most.
   *
   * @throws org.millrace.inference.api.ModelLoadException when the file or the options cannot be
   *     used
   */
  public static Engine load(Path file, EngineOptions options, LoadProgress progress) {
    var engine = new ModelEngine(ModelLoader.load(file, options, progress), options);
    boolean ready = false;
    try {
      new WarmUp(engine.loaded, engine.batch, options).run();
      ready = true;
      return engine;
    } finally {
      if (!ready) {
        engine.close();
      }
    }
  }

  @Override
  public ModelInfo model() {
    return loaded.info();
  }

  @Override
  public DeviceInfo device() {
    return loaded.deviceInfo();
  }

  @Override
  public List<DeviceUse> deviceUse() {
    return loaded.deviceUse();
  }

  @Override
  public Tokenizer tokenizer() {
    return loaded.tokenizer();
  }

  @Override
  public ChatEncoder chat() {
    return loaded.chat();
  }

  @Override
  public Constraints constraints() {
    return constraints;
  }

  @Override
  public KvBlocks blocks() {
    return loaded.pool();
  }

  @Override
  public Sampler sampler(SamplingParams params, int[] promptTokens) {
    return new SeededSampler(params, loaded.info().vocabularySize(), promptTokens);
  }

  @Override
  public StepResult run(StepPlan plan) {
    running.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the engine is closed");
      }
      check(plan);
      if (plan.slices().isEmpty()) {
        return new StepResult(List.of());
      }
      loaded.pins().pinCaller();
      fill(plan);
      loaded.transformer().run(batch);
      return sample(plan);
    } finally {
      running.unlock();
    }
  }

  private void fill(StepPlan plan) {
    batch.clear();
    for (StepPlan.Slice slice : plan.slices()) {
      batch.add(slice.tokens(), slice.from(), slice.count(), slice.blocks());
    }
  }

  /** The logits of all positions are computed together, as many at a time as there is room for. */
  private StepResult sample(StepPlan plan) {
    int rows = listLogitRows(plan);
    var draws = new StepDraws(loaded.transformer(), plan, logits);
    int room = loaded.transformer().logitRows();
    try {
      for (int first = 0; first < rows; first += room) {
        int count = Math.min(room, rows - first);
        loaded.transformer().computeLogits(logitRows, first, count);
        draws.draw(logitSlices, first, count);
      }
    } catch (DeviceException failed) {
      return draws.failed(logitSlices, rows, failed);
    }
    return draws.result();
  }

  private int listLogitRows(StepPlan plan) {
    int rows = 0;
    for (int i = 0; i < plan.slices().size(); i++) {
      StepPlan.Slice slice = plan.slices().get(i);
      int end = batch.firstRow(i + 1);
      for (int row = end - 1 - slice.guesses(); slice.sampler() != null && row < end; row++) {
        logitSlices[rows] = i;
        logitRows[rows++] = row;
      }
    }
    return rows;
  }

  private void check(StepPlan plan) {
    if (plan.slices().size() > options.stepSequencesMax()) {
      throw refusal(
          "%d sequences in a step; the limit is %d",
          plan.slices().size(), options.stepSequencesMax());
    }
    long tokens = 0;
    for (StepPlan.Slice slice : plan.slices()) {
      check(slice);
      tokens += slice.count();
    }
    if (tokens > options.stepTokensMax()) {
      throw refusal("%d tokens in a step; the limit is %d", tokens, options.stepTokensMax());
    }
  }

  private void check(StepPlan.Slice slice) {
    long end = (long) slice.from() + slice.count();
    if (slice.count() < 1 || slice.from() < 0 || end > slice.tokens().length) {
      throw refusal(
          "a slice of %d tokens from %d of a sequence of %d",
          slice.count(), slice.from(), slice.tokens().length);
    }
    if (slice.guesses() < 0
        || slice.guesses() >= slice.count()
        || slice.guesses() > 0 && slice.sampler() == null) {
      throw refusal(
          "%d guesses in a slice of %d tokens %s a sampler",
          slice.guesses(), slice.count(), slice.sampler() == null ? "without" : "with");
    }
    if (end > loaded.info().contextTokens()) {
      throw refusal(
          "a sequence of %d tokens; the context is %d", end, loaded.info().contextTokens());
    }
    long covered = (long) slice.blocks().size() * loaded.pool().blockTokens();
    if (covered < end) {
      throw refusal("%d positions, but blocks for %d", end, covered);
    }
    checkBlocks(slice);
    for (int i = slice.from(); i < end; i++) {
      int token = slice.tokens()[i];
      if (token < 0 || token >= loaded.info().vocabularySize()) {
        throw refusal(
            "token %d at position %d; the vocabulary has %d",
            token, i, loaded.info().vocabularySize());
      }
    }
  }

  private void checkBlocks(StepPlan.Slice slice) {
    BlockTable blocks = slice.blocks();
    for (int i = 0; i < blocks.size(); i++) {
      int block = blocks.block(i);
      if (block < 0 || block >= loaded.pool().totalBlocks()) {
        throw refusal("block %d; the pool has %d", block, loaded.pool().totalBlocks());
      }
    }
    int last = (slice.from() + slice.count() - 1) / loaded.pool().blockTokens();
    for (int i = slice.from() / loaded.pool().blockTokens(); i <= last; i++) {
      if (!loaded.pool().isWritable(blocks.block(i))) {
        throw refusal("tokens to write to block %d, which others may read", blocks.block(i));
      }
    }
  }

  private static IllegalArgumentException refusal(String message, Object... values) {
    return new IllegalArgumentException("the plan has " + message.formatted(values));
  }

  @Override
  public void close() {
    running.lock();
    try {
      if (!closed) {
        closed = true;
        loaded.close();
      }
    } finally {
      running.unlock();
    }
  }
}
