package org.millrace.inference.tensor;

/** A layer of experts: route, gather rows by expert, run each chosen expert once, give back. */
final class ExpertsJob {
  private final Kernels kernels;
  private final MatmulJob matmul;
  private final TensorDevice device;
  private final ExpertRouter router;
  private final int model;
  private final int hidden;
  private final Buffer gathered;
  private final Buffer gate;
  private final Buffer up;
  private final Buffer results;

  ExpertsJob(
      TensorDevice device, Kernels kernels, MatmulJob matmul, int rowsMax, ExpertWeights shape) {
    this.device = device;
    this.kernels = kernels;
    this.matmul = matmul;
    this.router = new ExpertRouter(rowsMax, shape);
    this.model = shape.gate().getFirst().columns();
    this.hidden = shape.gate().getFirst().rows();
    long slots = (long) rowsMax * shape.used();
    // A row's results take the place of what its experts were given.
    this.gathered = device.allocate(slots * model);
    this.results = gathered;
    this.gate = device.allocate(slots * hidden);
    this.up = device.allocate(slots * hidden);
  }

  boolean fits(ExpertWeights weights) {
    return router.experts() == weights.count()
        && router.used() == weights.used()
        && router.scaled() == weights.scaled()
        && model == weights.gate().getFirst().columns()
        && hidden == weights.gate().getFirst().rows();
  }

  void run(Buffer logits, Buffer in, int rows, ExpertWeights weights, Buffer x) {
    router.route(logits.address(), rows);
    for (int row = 0; row < rows; row++) {
      for (int n = 0; n < router.used(); n++) {
        device.copyRow(in, row, gathered, router.slot(row, n), model);
      }
    }
    matmul.clear();
    for (int expert = 0; expert < router.experts(); expert++) {
      add(weights.gate().get(expert), expert, gathered, gate);
      add(weights.up().get(expert), expert, gathered, up);
    }
    matmul.run();
    device.activate(Activation.SILU, gate, up, (long) rows * router.used() * hidden);
    matmul.clear();
    for (int expert = 0; expert < router.experts(); expert++) {
      add(weights.down().get(expert), expert, gate, results);
    }
    matmul.run();
    giveBack(rows, x);
  }

  private void add(Matrix matrix, int expert, Buffer from, Buffer to) {
    int rows = router.rowsOf(expert);
    if (rows > 0) {
      long first = router.firstSlot(expert);
      matmul
          .next()
          .set(matrix, from.at(first * matrix.columns()), rows, to.at(first * matrix.rows()));
    }
  }

  /** Adds each row's experts in the order of their shares: the row's own order, not the batch's. */
  private void giveBack(int rows, Buffer x) {
    for (int row = 0; row < rows; row++) {
      for (int n = 0; n < router.used(); n++) {
        long result = results.at((long) router.slot(row, n) * model);
        kernels.addScaled(x.at((long) row * model), result, router.share(row, n), model);
      }
    }
  }
}
