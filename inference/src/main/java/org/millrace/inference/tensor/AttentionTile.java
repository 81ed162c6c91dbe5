package org.millrace.inference.tensor;

/**
 * The attention of one key-value head for a few neighbouring rows of one sequence, as a kernel that
 * does all of it at once needs it. Filled anew for each use; each member of the team has its own.
 */
final class AttentionTile {
  AttentionShape shape = new AttentionShape(1, 1, 1, 1, 0, 0);

  /** The first row's first query head of this key-value head; likewise in {@link #out}. */
  long queries;

  long out;
  int rows;
  int firstPosition;

  /** Where the head's keys are, a long for each block from the first that is visible. */
  long blocks;

  /** From a block's keys to its values. */
  long headBytes;

  int elementBytes;
}
