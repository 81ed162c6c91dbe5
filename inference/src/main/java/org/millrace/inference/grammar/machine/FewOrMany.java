package org.millrace.inference.grammar.machine;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A set that is nearly always tiny: then looking through a list is quicker than hashing. */
final class FewOrMany<T> {
  private static final int FEW = 12;

  private final List<T> elements = new ArrayList<>();
  private final Set<T> index = new HashSet<>();

  /** Returns whether it was not there. */
  boolean add(T element) {
    if (elements.size() < FEW) {
      if (elements.contains(element)) {
        return false;
      }
    } else {
      if (index.isEmpty()) {
        index.addAll(elements);
      }
      if (!index.add(element)) {
        return false;
      }
    }
    elements.add(element);
    return true;
  }

  int size() {
    return elements.size();
  }

  /** In the order in which they came; not to be written to. */
  List<T> all() {
    return elements;
  }

  void clear() {
    elements.clear();
    if (!index.isEmpty()) {
      index.clear();
    }
  }
}
