package org.millrace.inference.grammar.machine;

import java.util.List;

/**
 * A grammar, ready to run. Immutable.
 *
 * @param entries the first node of each rule
 * @param start the first node of the start rule
 * @param heights how much higher the stack must grow from each node on, at least, to get to the end
 */
@SuppressWarnings("ArrayRecordComponent") // shared by the package alone
record Program(List<Node> nodes, Lexicon lexicon, int[] entries, int start, int[] heights) {
  Node node(int index) {
    return nodes.get(index);
  }

  /** About. */
  long byteSize() {
    return nodes.size() * 48L + lexicon.byteSize();
  }

  boolean isReturn(int index) {
    return nodes.get(index) instanceof Node.Return;
  }
}
