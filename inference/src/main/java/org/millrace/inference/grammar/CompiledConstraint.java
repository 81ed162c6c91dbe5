package org.millrace.inference.grammar;

import org.millrace.inference.api.Constraint;
import org.millrace.inference.api.ConstraintState;
import org.millrace.inference.grammar.machine.Configuration;
import org.millrace.inference.grammar.machine.Machine;
import org.millrace.inference.grammar.vocabulary.MaskMaker;
import org.millrace.inference.grammar.vocabulary.TokenMask;
import org.millrace.inference.grammar.vocabulary.TokenVocabulary;

/**
 * A grammar for one vocabulary, with everything that was found out about it so far. Shared by all
 * sequences that keep to it. Thread-safe.
 */
final class CompiledConstraint implements Constraint {
  private final Machine machine;
  private final TokenVocabulary vocabulary;
  private final MaskMaker masks;
  private final long programBytes;
  private volatile long byteSize;

  CompiledConstraint(Machine machine, TokenVocabulary vocabulary) {
    this.machine = machine;
    this.vocabulary = vocabulary;
    this.masks = new MaskMaker(machine, vocabulary);
    this.programBytes = machine.programBytes();
  }

  /** Finds the first mask, which every sequence needs, on the thread that compiles. */
  void warmUp() {
    mask(first());
  }

  @Override
  public ConstraintState start() {
    return new GrammarState(this);
  }

  Configuration first() {
    synchronized (machine.lock()) {
      return machine.start();
    }
  }

  TokenMask mask(Configuration at) {
    synchronized (machine.lock()) {
      TokenMask mask = masks.mask(at);
      byteSize = programBytes + machine.rememberedBytes() + masks.byteSize();
      return mask;
    }
  }

  /** Bytes that it takes, with all that was found out so far, about. */
  long byteSize() {
    return byteSize;
  }

  Configuration advance(Configuration from, int token) {
    synchronized (machine.lock()) {
      return vocabulary.advance(machine, from, token);
    }
  }
}
