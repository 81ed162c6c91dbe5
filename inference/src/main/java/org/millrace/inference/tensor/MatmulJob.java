package org.millrace.inference.tensor;

import java.util.ArrayList;
import java.util.List;
import org.millrace.inference.threads.Team;

/** Several matrix products as one job of the team, cut into runs of weight rows. */
final class MatmulJob implements Team.Job {
  private static final int ROWS_PER_CHUNK = 32;

  private final Kernels kernels;
  private final long[] scratch;
  private final List<MatmulPart> parts = new ArrayList<>();
  private int[] chunkEnds = new int[4];
  private int used;

  MatmulJob(Kernels kernels, long[] scratch) {
    this.kernels = kernels;
    this.scratch = scratch;
  }

  void clear() {
    used = 0;
  }

  /** A product to fill in; parts are kept for the next use. */
  MatmulPart next() {
    if (used == parts.size()) {
      parts.add(new MatmulPart());
    }
    return parts.get(used++);
  }

  /** Runs all parts. */
  void run(Team team) {
    if (chunkEnds.length < used) {
      chunkEnds = new int[used * 2];
    }
    int chunks = 0;
    for (int i = 0; i < used; i++) {
      chunks += Math.ceilDiv(parts.get(i).weightRows, ROWS_PER_CHUNK);
      chunkEnds[i] = chunks;
    }
    team.run(chunks, this);
  }

  @Override
  public void run(int chunk, int member) {
    int index = 0;
    while (chunk >= chunkEnds[index]) {
      index++;
    }
    MatmulPart part = parts.get(index);
    int from = (chunk - (index == 0 ? 0 : chunkEnds[index - 1])) * ROWS_PER_CHUNK;
    int to = Math.min(part.weightRows, from + ROWS_PER_CHUNK);
    kernels.matmul(part, from, to, scratch[member]);
  }
}
