package org.millrace.inference.tensor;

/**
 * Cosines and sines of a step's positions, computed once and used by all heads and layers of one
 * {@link Rotation}. Laid out for {@link Kernels#rotate}: one value per element.
 */
final class RotationTable {
  private final Rotation rotation;
  private final long cos;
  private final long sin;
  private long filledFor = -1;

  /**
   * @param memory room for {@code 2 * rowsMax * dimensions} floats
   */
  RotationTable(Rotation rotation, Buffer memory) {
    this.rotation = rotation;
    this.cos = memory.address();
    this.sin = memory.at(memory.floats() / 2);
  }

  Rotation rotation() {
    return rotation;
  }

  long cos(int row) {
    return cos + 4L * row * rotation.dimensions();
  }

  long sin(int row) {
    return sin + 4L * row * rotation.dimensions();
  }

  void fill(Batch batch) {
    if (filledFor == batch.version()) {
      return;
    }
    for (int row = 0; row < batch.rows(); row++) {
      fillRow(row, batch.position(row));
    }
    filledFor = batch.version();
  }

  private void fillRow(int row, int position) {
    double[] frequencies = rotation.frequencies();
    boolean neighbours = rotation.style() == Rotation.Style.NEIGHBOURS;
    for (int pair = 0; pair < frequencies.length; pair++) {
      double angle = position * frequencies[pair];
      float cosine = (float) (Math.cos(angle) * rotation.magnitude());
      float sine = (float) (Math.sin(angle) * rotation.magnitude());
      int first = neighbours ? 2 * pair : pair;
      int second = neighbours ? first + 1 : pair + frequencies.length;
      Memory.setFloat(cos(row) + 4L * first, cosine);
      Memory.setFloat(cos(row) + 4L * second, cosine);
      Memory.setFloat(sin(row) + 4L * first, -sine);
      Memory.setFloat(sin(row) + 4L * second, sine);
    }
  }
}
