package org.millrace.demomodel.train;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.time.Duration;
import java.time.InstantSource;
import java.util.OptionalDouble;
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
  private static final int LOST_STEPS_MAX = 5;

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

  /**
   * Trains until the budget is used up, and reports after each step. A step whose loss or gradient
   * is infinite or no number is left out.
   *
   * @throws IllegalStateException after several such steps in a row
   */
  public Progress train(CosineBudget budget, Consumer<Progress> report) {
    var start = clock.instant();
    var progress = new Progress(0, Duration.ZERO, 0, 0, 0);
    int lost = 0;
    while (!budget.isOver(progress.step(), progress.elapsed())) {
      float rate = budget.rate(progress.step(), progress.elapsed());
      Batch batch = packer.next();
      OptionalDouble loss = step(batch, rate);
      if (loss.isPresent()) {
        lost = 0;
        var elapsed = Duration.between(start, clock.instant());
        progress = advanced(progress, loss.getAsDouble(), batch.usedTokens(), elapsed, rate);
        report.accept(progress);
      } else if (++lost == LOST_STEPS_MAX) {
        throw new IllegalStateException(
            "%d batches in a row after step %d gave no finite loss or gradient; lower the learning rate"
                .formatted(lost, progress.step()));
      }
    }
    return progress;
  }

  private static Progress advanced(
      Progress last, double loss, int tokens, Duration elapsed, float rate) {
    double smooth = last.step() == 0 ? loss : last.loss() * (1 - SMOOTHING) + loss * SMOOTHING;
    return new Progress(last.step() + 1, elapsed, last.tokens() + tokens, smooth, rate);
  }

  /** The loss of a batch from which was learned. */
  private OptionalDouble step(Batch batch, float rate) {
    try (NDManager scratch = manager.newSubManager()) {
      float value;
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        NDArray logits =
            forward.logits(batch.tokens(scratch), batch.mask(scratch), batch.places(scratch));
        NDArray loss = logits.logSoftmax(-1).gather(batch.targets(scratch), 1).mean().neg();
        value = loss.getFloat();
        collector.backward(loss);
      }
      float norm = optimizer.step(rate, scratch);
      boolean learned = Float.isFinite(value) && Float.isFinite(norm);
      return learned ? OptionalDouble.of(value) : OptionalDouble.empty();
    }
  }
}
