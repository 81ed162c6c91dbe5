package org.millrace.inference.sampling;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.Constraint;
import org.millrace.inference.api.ConstraintState;
import org.millrace.inference.api.DrawnToken;
import org.millrace.inference.api.InvalidRequestException;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.SampledToken.TokenLogprob;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.TokenDraw;

/** Draws one sequence's tokens as {@link SamplingParams} says, with a generator of its own. */
public final class SeededSampler implements Sampler {
  private final SamplingParams params;
  private final int vocabularySize;
  private final SplittableRandom random;
  private final Nucleus nucleus;
  private final TokenCounts seen = new TokenCounts();
  private final TokenCounts generated = new TokenCounts();
  private final @Nullable ConstraintState constraint;
  // Drawn from the generator for the next token, which takes it; NaN where there is none yet.
  private double chance = Double.NaN;

  /**
   * @param promptTokens count as seen for the repetition penalty
   * @throws InvalidRequestException when a parameter is out of its range
   */
  public SeededSampler(SamplingParams params, int vocabularySize, int[] promptTokens) {
    SamplingLimits.check(params, vocabularySize);
    this.params = params;
    this.vocabularySize = vocabularySize;
    this.random = new SplittableRandom(params.seed());
    this.nucleus = new Nucleus(params);
    Constraint asked = params.constraint();
    this.constraint = asked == null ? null : asked.start();
    if (params.repetitionPenalty() != 1) {
      for (int token : promptTokens) {
        seen.add(token, 1);
      }
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException when the logits are no numbers, or they or the constraint leave
   *     nothing to draw
   */
  @Override
  public SampledToken sample(float[] logits) {
    checkNumbers(logits);
    boolean reports = params.logprobs() || params.topLogprobs() > 0;
    double normalizer = reports ? Logprobs.normalizer(logits, vocabularySize) : 0;
    List<TokenLogprob> top = Logprobs.top(logits, vocabularySize, params.topLogprobs(), normalizer);
    float[] own = params.logprobs() && changesLogits() ? logits.clone() : logits;
    applyConstraint(logits);
    applyBias(logits);
    applyPenalties(logits);
    int token =
        params.temperature() == 0
            ? mostLikely(logits)
            : nucleus.draw(logits, vocabularySize, nextChance());
    remember(token);
    float logprob = params.logprobs() ? (float) (own[token] - normalizer) : Float.NaN;
    return new SampledToken(token, logprob, top);
  }

  private void checkNumbers(float[] logits) {
    if (logits.length < vocabularySize) {
      throw new IllegalArgumentException(
          "%d logits for a vocabulary of %d".formatted(logits.length, vocabularySize));
    }
    boolean anyFinite = false;
    for (int i = 0; i < vocabularySize; i++) {
      float logit = logits[i];
      if (Float.isNaN(logit) || logit == Float.POSITIVE_INFINITY) {
        throw new IllegalStateException(
            "the model gave %s as the logit of token %d; its weights or this input are broken"
                .formatted(logit, i));
      }
      anyFinite |= logit != Float.NEGATIVE_INFINITY;
    }
    if (!anyFinite) {
      throw new IllegalStateException("no token is allowed: every logit is -Infinity");
    }
  }

  private void applyConstraint(float[] logits) {
    if (constraint == null) {
      return;
    }
    int allowed = constraint.mask(logits);
    boolean anyFinite = false;
    for (int i = 0; i < vocabularySize && !anyFinite; i++) {
      anyFinite = logits[i] != Float.NEGATIVE_INFINITY;
    }
    if (!anyFinite) {
      throw new IllegalStateException(
          "the requested format allows %d tokens here, and the model none of them"
              .formatted(allowed));
    }
  }

  @Override
  public boolean isGreedy() {
    return params.temperature() == 0
        && constraint == null
        && !params.logprobs()
        && params.topLogprobs() == 0
        && !changesLogits();
  }

  @Override
  public @Nullable TokenDraw prepare() {
    if (params.topLogprobs() > 0) {
      return null;
    }
    return new TokenDraw(
        params,
        params.temperature() == 0 ? 0 : nextChance(),
        seen.tokens(),
        generated.tokens(),
        generated.counts(),
        constraint == null ? null : constraint.allowed());
  }

  @Override
  public SampledToken take(DrawnToken drawn) {
    float logprob = Float.NaN;
    if (params.logprobs()) {
      logprob = (float) (drawn.logit() - Logprobs.normalizer(drawn.largest(), drawn.weights()));
    }
    remember(drawn.token());
    return new SampledToken(drawn.token(), logprob, List.of());
  }

  /** The same until a token is taken: a device that gave up must not have changed the draw. */
  private double nextChance() {
    if (Double.isNaN(chance)) {
      chance = random.nextDouble();
    }
    return chance;
  }

  private boolean changesLogits() {
    return !params.logitBias().isEmpty()
        || params.repetitionPenalty() != 1
        || params.presencePenalty() != 0
        || params.frequencyPenalty() != 0;
  }

  private void applyBias(float[] logits) {
    for (Map.Entry<Integer, Float> bias : params.logitBias().entrySet()) {
      logits[bias.getKey()] += bias.getValue();
    }
  }

  private void applyPenalties(float[] logits) {
    if (params.repetitionPenalty() != 1) {
      for (int place = 0; place < seen.places(); place++) {
        int token = seen.token(place);
        if (token >= 0 && token < vocabularySize) {
          logits[token] = penalized(logits[token]);
        }
      }
    }
    if (params.presencePenalty() != 0 || params.frequencyPenalty() != 0) {
      for (int place = 0; place < generated.places(); place++) {
        int token = generated.token(place);
        if (token >= 0) {
          logits[token] -=
              params.presencePenalty() + params.frequencyPenalty() * generated.count(place);
        }
      }
    }
  }

  /** A penalty makes a token unlikely; only what was ruled out before is. */
  private float penalized(float logit) {
    if (logit > 0) {
      return logit / params.repetitionPenalty();
    }
    return logit == Float.NEGATIVE_INFINITY
        ? logit
        : Math.max(-Float.MAX_VALUE, logit * params.repetitionPenalty());
  }

  private int mostLikely(float[] logits) {
    int best = 0;
    for (int i = 1; i < vocabularySize; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  private void remember(int token) {
    chance = Double.NaN;
    if (constraint != null) {
      constraint.advance(token);
    }
    if (params.repetitionPenalty() != 1) {
      seen.add(token, 1);
    }
    if (params.presencePenalty() != 0 || params.frequencyPenalty() != 0) {
      generated.add(token, 1);
    }
  }
}
