package org.millrace.demomodel.train;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;

/**
 * Packs a stream of samples into batches of about equal token counts.
 *
 * <p>Samples are sorted into rows of three lengths, because attention over a row costs its square:
 * most conversations are short, few need the whole context. Not thread-safe.
 */
final class BatchPacker {
  private static final int BATCH_TOKENS = 2048;
  // Batches' worth of samples that wait per row length, so that rows fill up well.
  private static final double WAITING_BATCHES = 1.3;

  private static final class Shelf {
    final int rowTokens;
    final int rows;
    final List<Sample> waiting = new ArrayList<>();
    long waitingTokens;

    Shelf(int rowTokens) {
      this.rowTokens = rowTokens;
      this.rows = Math.max(1, BATCH_TOKENS / rowTokens);
    }

    boolean ready() {
      return waitingTokens > WAITING_BATCHES * rows * rowTokens;
    }
  }

  private final Supplier<Sample> samples;
  private final List<Shelf> shelves;

  BatchPacker(Supplier<Sample> samples, int contextTokens) {
    this.samples = samples;
    this.shelves = List.of(new Shelf(160), new Shelf(384), new Shelf(contextTokens));
  }

  Batch next() {
    while (true) {
      Sample sample = samples.get();
      for (Shelf shelf : shelves) {
        if (sample.length() <= shelf.rowTokens) {
          shelf.waiting.add(sample);
          shelf.waitingTokens += sample.length();
          if (shelf.ready()) {
            return packed(shelf);
          }
          break;
        }
      }
    }
  }

  private static Batch packed(Shelf shelf) {
    List<List<Sample>> rows = new ArrayList<>();
    for (int row = 0; row < shelf.rows; row++) {
      rows.add(row(shelf));
    }
    return new Batch(rows, shelf.rowTokens);
  }

  private static List<Sample> row(Shelf shelf) {
    List<Sample> row = new ArrayList<>();
    int free = shelf.rowTokens;
    Iterator<Sample> waiting = shelf.waiting.iterator();
    while (waiting.hasNext() && free > 0) {
      Sample sample = waiting.next();
      if (sample.length() <= free) {
        row.add(sample);
        free -= sample.length();
        shelf.waitingTokens -= sample.length();
        waiting.remove();
      }
    }
    return row;
  }
}
