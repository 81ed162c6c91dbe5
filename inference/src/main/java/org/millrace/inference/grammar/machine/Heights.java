package org.millrace.inference.grammar.machine;

import java.util.Arrays;
import java.util.List;

/**
 * How much higher the stack must grow from each node to the end of its rule, at least. A way is
 * taken only where that much room is left, so that every text that was begun can be finished.
 */
final class Heights {
  static final int INFINITE = Integer.MAX_VALUE / 4;

  private Heights() {}

  static int[] of(List<Node> nodes, int[] entries) {
    int[] heights = new int[nodes.size()];
    Arrays.fill(heights, INFINITE);
    boolean lowered = true;
    while (lowered) {
      lowered = false;
      for (int node = 0; node < heights.length; node++) {
        int height = Math.min(INFINITE, height(nodes.get(node), nodes, heights, entries));
        lowered |= height < heights[node];
        heights[node] = height;
      }
    }
    return heights;
  }

  private static int height(Node node, List<Node> nodes, int[] heights, int[] entries) {
    return switch (node) {
      case Node.Terminal(int state, int next) -> heights[next];
      case Node.Call(int rule, int next) -> {
        // The last call of a rule leaves nothing on the stack.
        int frame = nodes.get(next) instanceof Node.Return ? 0 : 1;
        yield Math.max(frame + heights[entries[rule]], heights[next]);
      }
      case Node.Split(var ways) ->
          ways.stream().mapToInt(way -> heights[way]).min().orElse(INFINITE);
      case Node.Loop(int body, int min, int max, int next) ->
          min == 0 ? heights[next] : Math.max(1 + heights[body], heights[next]);
      case Node.Return() -> 0;
    };
  }
}
