package org.millrace.inference.grammar.vocabulary;

import java.util.Arrays;
import java.util.List;

/**
 * Tokens as a trie of their bytes, flat and in preorder. Its nodes are the beginnings of tokens:
 * the nodes below one follow it, and {@code skips} leads past all of them, so that a walk is one
 * pass over arrays and what is refused is jumped over. The tokens that are one byte longer than a
 * node lie together: most of a vocabulary needs no node of its own.
 *
 * <p>Immutable. The arrays are for walks within this package and not written to.
 */
final class TokenTrie {
  /** Per node the byte that leads to it; the first node is the empty beginning. */
  final byte[] labels;

  /** Per node how many bytes lead to it. */
  final short[] depths;

  /** Per node the next node that is not below it. */
  final int[] skips;

  /** Per node bytes of the longest token that begins so. */
  final short[] longest;

  /** Per node, and behind the last, where the tokens that are one byte longer begin. */
  final int[] firstEnds;

  /** Last bytes of tokens, node by node. */
  final byte[] endLabels;

  /** The tokens that {@link #endLabels} complete. */
  final int[] ends;

  /** Per node the kinds ({@link ByteKinds}) of the bytes that come after it. */
  final long[] kindsBelow;

  /** Bytes of the longest token. */
  final int height;

  private TokenTrie(Draft draft) {
    this.labels = Arrays.copyOf(draft.labels, draft.size);
    this.depths = Arrays.copyOf(draft.depths, draft.size);
    this.skips = Arrays.copyOf(draft.skips, draft.size);
    this.longest = Arrays.copyOf(draft.longest, draft.size);
    this.firstEnds = new int[draft.size + 1];
    for (int owner : draft.owners) {
      firstEnds[owner + 1]++;
    }
    for (int node = 0; node < draft.size; node++) {
      firstEnds[node + 1] += firstEnds[node];
    }
    this.endLabels = new byte[draft.owners.length];
    this.ends = new int[draft.owners.length];
    int[] next = firstEnds.clone();
    for (int i = 0; i < ends.length; i++) {
      int place = next[draft.owners[i]]++;
      endLabels[place] = draft.lastBytes[i];
      ends[place] = draft.tokens[i];
    }
    this.height = longest[0];
    this.kindsBelow = kindsBelow();
  }

  private long[] kindsBelow() {
    long[] kinds = new long[labels.length];
    int[] parents = new int[labels.length];
    int[] way = new int[height + 1];
    for (int node = 0; node < labels.length; node++) {
      way[depths[node]] = node;
      parents[node] = node == 0 ? 0 : way[depths[node] - 1];
    }
    for (int node = labels.length - 1; node >= 0; node--) {
      for (int i = firstEnds[node]; i < firstEnds[node + 1]; i++) {
        kinds[node] |= ByteKinds.of(endLabels[i]);
      }
      if (node > 0) {
        kinds[parents[node]] |= kinds[node] | ByteKinds.of(labels[node]);
      }
    }
    return kinds;
  }

  /** How many tokens begin with a node and are longer. */
  int tokensBelow(int node) {
    return firstEnds[skips[node]] - firstEnds[node];
  }

  /** A token and its bytes, at least one and at most {@link Short#MAX_VALUE}. */
  @SuppressWarnings("ArrayRecordComponent") // sorted and dropped
  record Entry(int token, byte[] bytes) {}

  /** Several tokens may have the same bytes. */
  static TokenTrie of(List<Entry> entries) {
    var sorted = entries.toArray(Entry[]::new);
    Arrays.sort(sorted, (a, b) -> Arrays.compareUnsigned(a.bytes, b.bytes));
    var draft = new Draft(sorted.length);
    byte[] before = new byte[0];
    for (int i = 0; i < sorted.length; i++) {
      draft.add(i, before, sorted[i]);
      before = sorted[i].bytes;
    }
    draft.closeDownTo(0);
    return new TokenTrie(draft);
  }

  /** Nodes in preorder, while sorted tokens come in. */
  private static final class Draft {
    private byte[] labels = new byte[1_024];
    private short[] depths = new short[1_024];
    private int[] skips = new int[1_024];
    private short[] longest = new short[1_024];
    private int[] open = new int[64];
    private int openCount;
    private int size;
    // Of each token, in order, its node and last byte.
    private final int[] owners;
    private final byte[] lastBytes;
    private final int[] tokens;

    Draft(int count) {
      owners = new int[count];
      lastBytes = new byte[count];
      tokens = new int[count];
      open((byte) 0, 0);
    }

    void add(int index, byte[] before, Entry entry) {
      byte[] bytes = entry.bytes;
      int common = Arrays.mismatch(before, bytes);
      int shared = common < 0 ? bytes.length : common;
      // Nodes stand for beginnings that are shorter than the token, the empty one among them.
      closeDownTo(1 + Math.max(0, Math.min(Math.min(shared, before.length - 1), bytes.length - 1)));
      while (openCount < bytes.length) {
        open(bytes[openCount - 1], openCount);
      }
      owners[index] = open[bytes.length - 1];
      lastBytes[index] = bytes[bytes.length - 1];
      tokens[index] = entry.token;
      for (int i = 0; i < bytes.length; i++) {
        longest[open[i]] = (short) Math.max(longest[open[i]], bytes.length);
      }
    }

    private void open(byte label, int depth) {
      if (size == labels.length) {
        labels = Arrays.copyOf(labels, size * 2);
        depths = Arrays.copyOf(depths, size * 2);
        skips = Arrays.copyOf(skips, size * 2);
        longest = Arrays.copyOf(longest, size * 2);
      }
      if (openCount == open.length) {
        open = Arrays.copyOf(open, openCount * 2);
      }
      labels[size] = label;
      depths[size] = (short) depth;
      open[openCount++] = size++;
    }

    void closeDownTo(int count) {
      while (openCount > count) {
        skips[open[--openCount]] = size;
      }
    }
  }
}
