package org.millrace.inference.grammar.vocabulary;

import java.util.Arrays;
import java.util.List;

/**
 * Tokens as a trie of their bytes, flat and in preorder: the children of a node follow it, and
 * {@code skip} leads past all of them. A walk is one pass over arrays, and what is refused is
 * jumped over.
 *
 * <p>Immutable. The arrays are for walks within this package and not written to.
 */
final class TokenTrie {
  static final int NO_TOKEN = -1;

  /** Per node the byte that leads to it. */
  final byte[] labels;

  /** Per node how many bytes lead to its parent. */
  final short[] depths;

  /** Per node the next node that is not below it. */
  final int[] skips;

  /** Per node the token that ends there, or {@link #NO_TOKEN}. */
  final int[] tokens;

  /** Bytes of the longest token. */
  final int height;

  private TokenTrie(Draft draft) {
    this.labels = Arrays.copyOf(draft.labels, draft.size);
    this.depths = Arrays.copyOf(draft.depths, draft.size);
    this.skips = Arrays.copyOf(draft.skips, draft.size);
    this.tokens = Arrays.copyOf(draft.tokens, draft.size);
    this.height = draft.height;
  }

  /** A token and its bytes, at least one and at most {@link Short#MAX_VALUE}. */
  @SuppressWarnings("ArrayRecordComponent") // sorted and dropped
  record Entry(int token, byte[] bytes) {}

  /** Several tokens may have the same bytes; each of them gets a node. */
  static TokenTrie of(List<Entry> entries) {
    var sorted = entries.toArray(Entry[]::new);
    Arrays.sort(sorted, (a, b) -> Arrays.compareUnsigned(a.bytes, b.bytes));
    var draft = new Draft();
    byte[] before = new byte[0];
    for (Entry entry : sorted) {
      draft.add(before, entry);
      before = entry.bytes;
    }
    draft.closeDownTo(0);
    return new TokenTrie(draft);
  }

  int size() {
    return labels.length;
  }

  /** Nodes in preorder, while sorted tokens come in. */
  private static final class Draft {
    private byte[] labels = new byte[1_024];
    private short[] depths = new short[1_024];
    private int[] skips = new int[1_024];
    private int[] tokens = new int[1_024];
    private int[] open = new int[64];
    private int openCount;
    private int size;
    private int height;

    void add(byte[] before, Entry entry) {
      byte[] bytes = entry.bytes;
      int common = Arrays.mismatch(before, bytes);
      // Of the same bytes the last node is made once more, for the second token.
      int shared = common < 0 ? bytes.length - 1 : common;
      closeDownTo(shared);
      for (int depth = shared; depth < bytes.length; depth++) {
        open(bytes[depth], depth);
      }
      tokens[size - 1] = entry.token;
      height = Math.max(height, bytes.length);
    }

    private void open(byte label, int depth) {
      if (size == labels.length) {
        labels = Arrays.copyOf(labels, size * 2);
        depths = Arrays.copyOf(depths, size * 2);
        skips = Arrays.copyOf(skips, size * 2);
        tokens = Arrays.copyOf(tokens, size * 2);
      }
      if (openCount == open.length) {
        open = Arrays.copyOf(open, openCount * 2);
      }
      labels[size] = label;
      depths[size] = (short) depth;
      tokens[size] = NO_TOKEN;
      open[openCount++] = size++;
    }

    void closeDownTo(int depth) {
      while (openCount > depth) {
        skips[open[--openCount]] = size;
      }
    }
  }
}
