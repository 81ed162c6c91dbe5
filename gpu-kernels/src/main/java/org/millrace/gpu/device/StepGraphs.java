package org.millrace.gpu.device;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.CudaContext.Graph;

/**
 * Decode steps that were written down, by their size: running one again costs one call instead of
 * one for each kernel. The oldest gives way when there are too many.
 */
final class StepGraphs implements AutoCloseable {
  private static final int GRAPHS_MAX = 128;

  private final CudaContext context;
  private final DeviceMemory memory;
  private final Map<Size, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * What a graph is good for.
   *
   * @param kind of operations
   * @param rows of the step, each of a sequence of its own
   * @param parts of its longest sequence
   */
  record Size(int kind, int rows, int parts) {}

  /** A size that was seen; it has a graph from its second time on. */
  private static final class Entry {
    private @Nullable Graph graph;
  }

  StepGraphs(CudaContext context, DeviceMemory memory) {
    this.context = context;
    this.memory = memory;
  }

  /**
   * Runs the operations. The first time as they are, because what they need may be made on the way;
   * the second time they are written down, and from then on only run.
   */
  void run(Size size, Runnable operations) {
    Entry entry = entries.get(size);
    if (entry == null) {
      operations.run();
      entries.put(size, new Entry());
      makeRoom();
      return;
    }
    if (entry.graph == null) {
      entry.graph = write(operations);
      memory.countGraph(entry.graph.bytes());
    }
    context.launch(entry.graph);
  }

  private Graph write(Runnable operations) {
    context.beginCapture();
    boolean written = false;
    try {
      operations.run();
      written = true;
    } finally {
      if (!written) {
        // Leaves the stream usable; the operations' own failure is the one to report.
        context.endCapture().close();
      }
    }
    return context.endCapture();
  }

  private void makeRoom() {
    if (entries.size() > GRAPHS_MAX) {
      var oldest = entries.values().iterator();
      close(oldest.next());
      oldest.remove();
    }
  }

  private void close(Entry entry) {
    if (entry.graph != null) {
      memory.countGraph(-entry.graph.bytes());
      entry.graph.close();
    }
  }

  @Override
  public void close() {
    entries.values().forEach(this::close);
    entries.clear();
  }
}
