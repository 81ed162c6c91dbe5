package org.millrace.gpu.device;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.inference.api.DrawnToken;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.TokenDraw;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.TensorDevice.RowDraw;

/**
 * Draws tokens where the logits are. What decides them goes to the device in one piece (rows, then
 * the entries of their penalties, then their masks, as {@code sample.cuh} has them) and 24 bytes a
 * row come back.
 */
final class TokenDrawer {
  private static final int THREADS = 1024;
  private static final int ROW_BYTES = 64;
  private static final int ENTRY_BYTES = 12;
  private static final int DRAWN_BYTES = 24;

  /** As {@code PARTS} and {@code DrawPart} in {@code logit_row.cuh}. */
  private static final int PARTS = 32;

  private static final int PART_BYTES = 24;
  private static final int PART_THREADS = 256;

  /** Of all rows of a step together; a row that has no more room is left to the host. */
  private static final int ENTRIES_MAX = 32_768;

  private final Launcher launcher;
  private final DeviceMemory memory;
  private int rowsMax;
  private long device;
  private long drawn;
  private long parts;
  private MemorySegment host = MemorySegment.NULL;
  private MemorySegment found = MemorySegment.NULL;

  TokenDrawer(Launcher launcher, DeviceMemory memory) {
    this.launcher = launcher;
    this.memory = memory;
  }

  List<DrawnToken> draw(Buffer logits, int columns, List<RowDraw> draws) {
    takeMemory(draws.size(), columns);
    List<RowDraw> fitting = fitting(draws);
    if (!fitting.isEmpty()) {
      run(logits, columns, fitting);
    }
    List<DrawnToken> results = new ArrayList<>(draws.size());
    int at = 0;
    for (RowDraw draw : draws) {
      boolean ran = at < fitting.size() && fitting.get(at).equals(draw);
      results.add(ran ? result(at++) : DrawnToken.NONE);
    }
    return results;
  }

  private static long maskBytes(int columns) {
    return Math.ceilDiv(columns, Long.SIZE) * (long) Long.BYTES;
  }

  /** Bytes that it takes where so many rows are drawn from together. */
  static long bytes(int rows, int columns) {
    int room = room(rows);
    return uploadBytes(room, columns) + (long) room * (DRAWN_BYTES + PARTS * PART_BYTES);
  }

  private static int room(int rows) {
    return rows == 1 ? 1 : Integer.highestOneBit(rows - 1) * 2;
  }

  private static long uploadBytes(int room, int columns) {
    return room * (ROW_BYTES + maskBytes(columns)) + (long) ENTRIES_MAX * ENTRY_BYTES;
  }

  /** For twice as many each time, so that it is soon enough for all. */
  private void takeMemory(int rows, int columns) {
    if (rows <= rowsMax) {
      return;
    }
    CudaContext context = launcher.context();
    if (rowsMax > 0) {
      rowsMax = 0;
      memory.give(device);
      memory.give(drawn);
      memory.give(parts);
      context.unpin(host);
      context.unpin(found);
    }
    int room = room(rows);
    long bytes = uploadBytes(room, columns);
    device = memory.take(bytes, "drawing tokens");
    drawn = memory.take((long) room * DRAWN_BYTES, "drawing tokens");
    parts = memory.take((long) room * PARTS * PART_BYTES, "drawing tokens");
    host = context.pinned(bytes);
    found = context.pinned((long) room * DRAWN_BYTES);
    rowsMax = room;
  }

  private static List<RowDraw> fitting(List<RowDraw> draws) {
    List<RowDraw> fitting = new ArrayList<>(draws.size());
    int entries = 0;
    for (RowDraw draw : draws) {
      int more = entries(draw.draw());
      if (entries + more <= ENTRIES_MAX) {
        entries += more;
        fitting.add(draw);
      }
    }
    return fitting;
  }

  private static int entries(TokenDraw draw) {
    return draw.params().logitBias().size() + draw.seen().length + draw.generated().length;
  }

  private void run(Buffer logits, int columns, List<RowDraw> draws) {
    long entriesAt = (long) draws.size() * ROW_BYTES;
    long masksAt = entriesAt;
    for (RowDraw draw : draws) {
      masksAt += (long) entries(draw.draw()) * ENTRY_BYTES;
    }
    masksAt = (masksAt + 7) & -8;
    var writer = new Writer(columns, entriesAt, masksAt);
    for (int i = 0; i < draws.size(); i++) {
      writer.write(i, draws.get(i));
    }
    launcher.context().upload(host, device, writer.bytes());
    launcher
        .arguments()
        .put(logits.address())
        .put(device)
        .put(device + entriesAt)
        .put(device + masksAt)
        .put(drawn)
        .put(parts)
        .put(columns);
    var pieces = new Grid(draws.size(), PARTS, 1, PART_THREADS);
    launcher.run("draw_firsts", pieces);
    if (draws.stream().anyMatch(draw -> wantsWeights(draw.draw().params()))) {
      launcher.run("draw_weights", pieces);
    }
    launcher.run("draw_tokens", Grid.of(draws.size(), THREADS));
    launcher.context().download(drawn, found, (long) draws.size() * DRAWN_BYTES);
  }

  /** Those of all tokens: none where only the most likely one is asked for. */
  private static boolean wantsWeights(SamplingParams params) {
    return params.temperature() > 0 || params.logprobs();
  }

  private DrawnToken result(int index) {
    long at = (long) index * DRAWN_BYTES;
    return new DrawnToken(
        found.get(ValueLayout.JAVA_INT, at),
        found.get(ValueLayout.JAVA_FLOAT, at + 4),
        found.get(ValueLayout.JAVA_FLOAT, at + 8),
        found.get(ValueLayout.JAVA_LONG, at + 16));
  }

  /** Fills the host's copy, row by row. */
  private final class Writer {
    private final int columns;
    private final long entriesAt;
    private final long masksAt;
    private int entries;
    private int masks;
    private long field;

    Writer(int columns, long entriesAt, long masksAt) {
      this.columns = columns;
      this.entriesAt = entriesAt;
      this.masksAt = masksAt;
    }

    long bytes() {
      return masksAt + masks * maskBytes(columns);
    }

    void write(int index, RowDraw row) {
      TokenDraw draw = row.draw();
      SamplingParams params = draw.params();
      int first = entries;
      int biased = putBiases(params.logitBias());
      int seen = putSeen(draw.seen());
      int generated = putGenerated(draw);
      field = (long) index * ROW_BYTES;
      host.set(ValueLayout.JAVA_DOUBLE, field, draw.chance());
      field += 8;
      put(params.temperature());
      put(params.topP());
      put(params.minP());
      put(params.repetitionPenalty());
      put(params.presencePenalty());
      put(params.frequencyPenalty());
      put(row.row());
      put(params.topK());
      put(first);
      put(biased);
      put(seen);
      put(generated);
      put(draw.allowed() == null ? -1 : (int) (masks * maskBytes(columns) / Long.BYTES));
      put(params.logprobs() ? 1 : 0);
      putMask(draw);
    }

    private void put(float value) {
      host.set(ValueLayout.JAVA_FLOAT, field, value);
      field += 4;
    }

    private void put(int value) {
      host.set(ValueLayout.JAVA_INT, field, value);
      field += 4;
    }

    private int putBiases(Map<Integer, Float> biases) {
      biases.forEach((token, bias) -> putEntry(token, Float.floatToRawIntBits(bias)));
      return biases.size();
    }

    /** A prompt may hold ids that are no token of the vocabulary. */
    private int putSeen(int[] tokens) {
      int before = entries;
      for (int token : tokens) {
        if (token < columns) {
          putEntry(token, 0);
        }
      }
      return entries - before;
    }

    private int putGenerated(TokenDraw draw) {
      for (int i = 0; i < draw.generated().length; i++) {
        putEntry(draw.generated()[i], draw.counts()[i]);
      }
      return draw.generated().length;
    }

    private void putEntry(int token, int value) {
      long at = entriesAt + (long) entries++ * ENTRY_BYTES;
      host.set(ValueLayout.JAVA_INT_UNALIGNED, at, token);
      host.set(ValueLayout.JAVA_INT_UNALIGNED, at + 4, value);
    }

    private void putMask(TokenDraw draw) {
      long[] allowed = draw.allowed();
      if (allowed != null) {
        long at = masksAt + masks++ * maskBytes(columns);
        MemorySegment.copy(allowed, 0, host, ValueLayout.JAVA_LONG, at, allowed.length);
      }
    }
  }
}
