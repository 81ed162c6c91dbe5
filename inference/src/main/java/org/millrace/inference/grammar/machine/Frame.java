package org.millrace.inference.grammar.machine;

import org.jspecify.annotations.Nullable;

/**
 * An element of a stack; stacks share their lower parts. Of the same content there is one object,
 * so that stacks are compared by identity.
 */
final class Frame {
  final int id;

  /** Where to go on after a return: a loop, or what follows a call. */
  final int node;

  /** Times that the loop's body was gone through. */
  final int count;

  final @Nullable Frame parent;
  final int depth;

  /** The same for stacks that differ in counts alone. */
  final int shape;

  Frame(int id, int shape, int node, int count, @Nullable Frame parent) {
    this.id = id;
    this.shape = shape;
    this.node = node;
    this.count = count;
    this.parent = parent;
    this.depth = parent == null ? 0 : parent.depth + 1;
  }

  boolean isBottom() {
    return parent == null;
  }

  /** What lies below; there is nothing below the bottom. */
  Frame below() {
    if (parent == null) {
      throw new IllegalStateException("the stack is empty");
    }
    return parent;
  }
}
