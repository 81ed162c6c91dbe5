package org.millrace.inference.grammar.machine;

import java.util.HashMap;
import java.util.Map;

/** Makes stack frames, each content once. */
final class Stacks {
  private final Map<Content, Frame> frames = new HashMap<>();
  private final Map<Outline, Integer> shapes = new HashMap<>();
  private final Frame bottom = new Frame(0, 0, -1, 0, null);
  private int made = 1;
  private int shapesMade = 1;

  private record Content(int node, int count, int parent) {}

  private record Outline(int node, int parentShape) {}

  Frame bottom() {
    return bottom;
  }

  Frame push(int node, int count, Frame parent) {
    return frames.computeIfAbsent(
        new Content(node, count, parent.id),
        content -> new Frame(made++, shape(node, parent), node, count, parent));
  }

  private int shape(int node, Frame parent) {
    return shapes.computeIfAbsent(new Outline(node, parent.shape), outline -> shapesMade++);
  }

  int size() {
    return frames.size();
  }

  /** Ids go on, so that frames made before are never taken for new ones. */
  void forget() {
    frames.clear();
    shapes.clear();
  }
}
