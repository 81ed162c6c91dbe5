package org.millrace.inference.grammar;

import org.millrace.inference.api.ConstraintState;
import org.millrace.inference.grammar.machine.Configuration;
import org.millrace.inference.grammar.vocabulary.TokenMask;

/** How far one sequence's output has got. Used by one thread at a time. */
final class GrammarState implements ConstraintState {
  private final CompiledConstraint constraint;
  private Configuration at;

  GrammarState(CompiledConstraint constraint) {
    this.constraint = constraint;
    this.at = constraint.first();
  }

  @Override
  public int mask(float[] logits) {
    TokenMask mask = constraint.mask(at);
    mask.apply(logits);
    return mask.count();
  }

  @Override
  public long[] allowed() {
    return constraint.mask(at).toBits();
  }

  @Override
  public boolean allows(int token) {
    return constraint.mask(at).allows(token);
  }

  @Override
  public void advance(int token) {
    Configuration next = constraint.advance(at, token);
    if (next == Configuration.DEAD) {
      throw new IllegalStateException(
          "token %d does not keep to the requested format".formatted(token));
    }
    at = next;
  }

  @Override
  public boolean isComplete() {
    return at.isComplete();
  }
}
