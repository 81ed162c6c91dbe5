package org.millrace.launcher.engine;

import java.util.List;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.StepPlan;
import org.millrace.launcher.console.LaunchException;

/**
 * How well a model foretells a text that is there already: the mean and spread of the negative
 * logarithm of the probability it gives to each token.
 *
 * <p>The text is cut into windows; in each, the tokens of the second half count, so that everything
 * that counts has half a window before it. That, and BOS in the place of a window's first token
 * where the model wants one, is how llama.cpp's {@code llama-perplexity} does it. For one thread.
 */
final class TextScorer {
  private final Engine engine;
  private final int stepTokensMax;
  private long scored;
  private double sum;
  private double sumOfSquares;

  TextScorer(Engine engine, int stepTokensMax) {
    this.engine = engine;
    this.stepTokensMax = stepTokensMax;
  }

  /** Draws what the text has next, whatever the logits, and notes how likely that was. */
  private final class Reader implements Sampler {
    private final int[] tokens;
    private int position;

    Reader(int[] tokens, int position) {
      this.tokens = tokens;
      this.position = position;
    }

    @Override
    public SampledToken sample(float[] logits) {
      int next = tokens[++position];
      note(surprise(logits, next));
      return new SampledToken(next, Float.NaN, List.of());
    }
  }

  /** Runs one window and counts the second half of its tokens. */
  void read(int[] window) {
    var blocks = new BlockTable();
    if (!engine.blocks().reserve(blocks, window.length)) {
      throw new LaunchException("the cache has no room for %d tokens".formatted(window.length));
    }
    try {
      int first = window.length / 2;
      var reader = new Reader(window, first);
      // Nothing is asked for behind the last token.
      int end = window.length - 1;
      for (int from = 0; from < end; ) {
        int count = Math.min(stepTokensMax, end - from);
        int asked = Math.max(0, from + count - Math.max(from, first));
        var slice =
            asked == 0
                ? new StepPlan.Slice(window, from, count, blocks, null)
                : new StepPlan.Slice(window, from, count, blocks, reader, asked - 1);
        engine
            .run(new StepPlan(List.of(slice)))
            .failures()
            .values()
            .forEach(failure -> {
              throw failure;
            });
        from += count;
      }
    } finally {
      engine.blocks().release(blocks);
    }
  }

  private void note(double surprise) {
    scored++;
    sum += surprise;
    sumOfSquares += surprise * surprise;
  }

  /** The negative natural logarithm of a token's probability. */
  private static double surprise(float[] logits, int token) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      if (Float.isNaN(logit)) {
        throw new LaunchException(
            "the model gave a logit that is no number; its weights are broken");
      }
      largest = Math.max(largest, logit);
    }
    double total = 0;
    for (float logit : logits) {
      total += Math.exp(logit - largest);
    }
    return Math.log(total) + largest - logits[token];
  }

  /** Tokens that counted. */
  long scored() {
    return scored;
  }

  /** Mean negative logarithm of the probability, in nats. */
  double meanSurprise() {
    return sum / scored;
  }

  double perplexity() {
    return Math.exp(meanSurprise());
  }

  /** One standard error of the perplexity. */
  double uncertainty() {
    double variance = sumOfSquares / scored - meanSurprise() * meanSurprise();
    return scored < 2 ? 0 : Math.sqrt(Math.max(0, variance) / (scored - 1)) * perplexity();
  }
}
