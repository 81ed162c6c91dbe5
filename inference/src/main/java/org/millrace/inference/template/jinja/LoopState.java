package org.millrace.inference.template.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code loop} variable inside a {@code for}. */
final class LoopState {
  private final List<Object> items;
  private final int depth;
  private final @Nullable Callable again;
  private int index;
  private @Nullable Object lastChanged;

  /**
   * @param again runs the loop's body over other items, where the loop is recursive
   */
  LoopState(List<Object> items, int depth, @Nullable Callable again) {
    this.items = items;
    this.depth = depth;
    this.again = again;
  }

  void at(int newIndex) {
    index = newIndex;
  }

  Object call(CallArguments arguments) {
    if (again == null) {
      throw JinjaException.typeError(
          "The loop must have the 'recursive' marker to be called recursively.");
    }
    return again.call(arguments);
  }

  Object get(String name) {
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "revindex" -> (long) items.size() - index;
      case "revindex0" -> items.size() - index - 1L;
      case "first" -> index == 0;
      case "last" -> index == items.size() - 1;
      case "length" -> (long) items.size();
      case "depth" -> (long) depth;
      case "depth0" -> depth - 1L;
      case "previtem" ->
          index > 0 ? items.get(index - 1) : new Undefined("there is no previous item");
      case "nextitem" ->
          index + 1 < items.size() ? items.get(index + 1) : new Undefined("there is no next item");
      case "cycle" -> (Callable) this::cycle;
      case "changed" -> (Callable) this::changed;
      default -> new Undefined("'LoopContext object' has no attribute '" + name + "'");
    };
  }

  private Object cycle(CallArguments arguments) {
    if (arguments.count() == 0) {
      throw JinjaException.typeError("no items for cycling given");
    }
    return arguments.positional().get(index % arguments.count());
  }

  private Object changed(CallArguments arguments) {
    Object now = new Tuple(arguments.positional());
    boolean changed = lastChanged == null || !Values.equal(lastChanged, now);
    lastChanged = now;
    return changed;
  }
}
