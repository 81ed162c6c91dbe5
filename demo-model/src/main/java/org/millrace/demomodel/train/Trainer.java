package org.millrace.demomodel.train;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Trains a model for a given number of steps. Not thread-safe; PyTorch itself uses several threads.
 */
public final class Trainer {

  /**
   * How far training has come.
   *
   * @param step steps done
   * @param elapsed time since the start
   * @param tokens tokens seen, without padding
   * @param loss mean loss over taught tokens, in nats, smoothed over about a hundred steps
   * @param rate the learning rate of the last step
   */
  public record Progress(long step, Duration elapsed, long tokens, double loss, float rate) {
    /** Tokens seen per second so far. */
    public double tokensPerSecond() {
      return tokens / Math.max(1e-3, elapsed.toMillis() / 1e3);
    }
  }

  private static final double SMOOTHING = 0.02;

  private final LlamaForward forward;
  private final Optimizer optimizer;
  private final NDManager manager;
  private final BatchPacker packer;
  private final InstantSource clock;

  /** Trains {@code weights}, which live in {@code manager}, on a stream of samples. */
  public Trainer(
      ModelShape shape,
      LlamaWeights weights,
      Supplier<Sample> samples,
      NDManager manager,
      InstantSource clock) {
    this.forward = new LlamaForward(shape, weights, manager);
    this.optimizer = new Optimizer(weights.inOrder(), manager);
    this.manager = manager;
    this.packer = new BatchPacker(samples, shape.contextTokens());
    this.clock = clock;
  }

  /** Trains until the budget is used up, and reports after each step. */
  public Progress train(CosineBudget budget, Consumer<Progress> report) {
    var start = clock.instant();
    var progress = new Progress(0, Duration.ZERO, 0, 0, 0);
    while (!budget.isOver(progress.step(), progress.elapsed())) {
      float rate = budget.rate(progress.step(), progress.elapsed());
      Batch batch = packer.next();
      float loss = step(batch, rate);
      if (!Float.isFinite(loss)) {
        throw new IllegalStateException(
            "the loss became %s at step %d; lower the learning rate"
                .formatted(loss, progress.step()));
      }
      double smooth =
          progress.step() == 0 ? loss : progress.loss() * (1 - SMOOTHING) + loss * SMOOTHING;
      var elapsed = Duration.between(start, clock.instant());
      long tokens = progress.tokens() + batch.usedTokens();
      progress = new Progress(progress.step() + 1, elapsed, tokens, smooth, rate);
      report.accept(progress);
    }
    return progress;
  }

  private float step(Batch batch, float rate) {
    try (NDManager scratch = manager.newSubManager()) {
      float value;
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        NDArray logits =
            forward.logits(batch.tokens(scratch), batch.mask(scratch), batch.places(scratch));
        NDArray loss = logits.logSoftmax(-1).gather(batch.targets(scratch), 1).mean().neg();
        value = loss.getFloat();
        collector.backward(loss);
      }
      optimizer.step(rate, scratch);
      return value;
    }
  }
}
