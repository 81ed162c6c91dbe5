package org.millrace.inference.grammar.vocabulary;

import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.machine.Configuration;
import org.millrace.inference.grammar.machine.Machine;

/**
 * Walks tries of tokens with a configuration and allows the tokens that lead somewhere. Where some
 * bytes may follow again and again ({@link ByteRun}), what has nothing else is not looked at one by
 * one: without that, each state of a counted format would cost a walk over half a vocabulary.
 *
 * <p>Used under the machine's lock.
 */
final class TrieWalk {
  /** Finding a run costs as much as a look at some hundred tokens. */
  private static final int RUN_TOKENS_MIN = 512;

  /** Readings to go on with for one mask: some tenths of a second at most. */
  private static final int WORK_MAX = 500_000;

  private final Machine machine;
  private final byte[] byteClasses;
  private final TokenVocabulary vocabulary;
  private final long[] bits;
  private int bytesLooked;
  private long workMax;

  /**
   * @param bits one per token, set where it is found to be allowed
   */
  TrieWalk(Machine machine, TokenVocabulary vocabulary, long[] bits) {
    this.machine = machine;
    this.vocabulary = vocabulary;
    this.byteClasses = machine.byteClasses();
    this.bits = bits;
  }

  void clear() {
    bytesLooked = 0;
    workMax = machine.work() + WORK_MAX;
  }

  /**
   * Whether a text has so many readings that looking at all tokens would hold up other sequences.
   * Those that were not looked at are then not allowed; single bytes always are looked at.
   */
  boolean isTired() {
    return machine.work() > workMax;
  }

  void looked(int bytes) {
    bytesLooked = Math.max(bytesLooked, bytes);
  }

  /** No text longer than this was needed since the last {@link #clear}. */
  int bytesLooked() {
    return bytesLooked;
  }

  /**
   * All tokens of a trie.
   *
   * @param known tokens of up to so many bytes are known already
   */
  void walk(TokenTrie trie, Configuration from, int known) {
    plain(trie, 0, from, known, false);
  }

  /** All tokens of the vocabulary, with an eye on runs. */
  void walkRuns(Configuration from, int known) {
    branch(vocabulary.all(), 0, from, known);
  }

  /** The tokens that begin with a node, after which the text has got to {@code at}. */
  private void branch(TokenTrie trie, int node, Configuration at, int known) {
    ByteRun run =
        trie.tokensBelow(node) < RUN_TOKENS_MIN ? ByteRun.NONE : Findings.of(at).run(at, machine);
    if (run == ByteRun.NONE) {
      plain(trie, node, at, known, true);
      return;
    }
    if (trie.depths[node] >= known) {
      allowEnds(trie, node, at);
    }
    if (node == 0) {
      allowInside(run);
    }
    int end = trie.skips[node];
    for (int child = node + 1; child < end && !isTired(); child = trie.skips[child]) {
      int value = trie.labels[child] & 0xFF;
      if (trie.longest[child] <= known) {
        continue;
      }
      if (run.inside[value]) {
        alongRun(trie, child, run, known);
      } else {
        Configuration next = machine.step(at, value);
        if (next != Configuration.DEAD) {
          branch(trie, child, next, known);
        }
      }
    }
    looked(trie.depths[node] + 1);
  }

  /** The tokens that begin with a node, to which a byte of a run leads. */
  private void alongRun(TokenTrie trie, int first, ByteRun run, int known) {
    int base = trie.depths[first] - 1;
    var way = new Configuration[trie.longest[first] + 1];
    var within = new boolean[way.length];
    within[base] = true;
    int end = trie.skips[first];
    int node = first;
    while (node < end && !isTired()) {
      int depth = trie.depths[node];
      int value = trie.labels[node] & 0xFF;
      if (trie.longest[node] <= known) {
        node = trie.skips[node];
        continue;
      }
      within[depth] = within[depth - 1] && run.inside[value] && depth - base <= run.bytes;
      Configuration at;
      if (within[depth]) {
        at = run.after(depth - base);
      } else {
        Configuration before = within[depth - 1] ? run.after(depth - 1 - base) : way[depth - 1];
        at = machine.step(before, value);
      }
      looked(depth + 1);
      if (at == Configuration.DEAD || within[depth] && judged(trie, node, run, base)) {
        node = trie.skips[node];
        continue;
      }
      way[depth] = at;
      if (depth >= known) {
        allowEnds(trie, node, at);
      }
      node++;
    }
  }

  /**
   * Whether there is no need to look at what comes after a node of the run.
   *
   * @param base bytes before the run
   */
  private boolean judged(TokenTrie trie, int node, ByteRun run, int base) {
    boolean allShort = trie.longest[node] <= base + run.bytes;
    if (base == 0) {
      // Those of its bytes alone are allowed already.
      if (!allShort && !run.ends || (trie.kindsBelow[node] & run.kindsOut) != 0) {
        return false;
      }
      looked(Math.min(trie.longest[node], run.bytes + 1));
      return true;
    }
    if (!allShort || (trie.kindsBelow[node] & ~run.kindsInside) != 0) {
      return false;
    }
    allowAll(trie, node);
    looked(trie.longest[node]);
    return true;
  }

  /** The tokens of the run's bytes alone, where nothing comes before them. */
  private void allowInside(ByteRun run) {
    long[] inside = vocabulary.inside(run);
    long[] shortEnough = vocabulary.upToBytes(run.bytes);
    for (int word = 0; word < bits.length; word++) {
      bits[word] |= inside[word] & shortEnough[word];
    }
  }

  private void allowAll(TokenTrie trie, int node) {
    int[] tokens = trie.ends;
    int last = trie.firstEnds[trie.skips[node]];
    for (int i = trie.firstEnds[node]; i < last; i++) {
      bits[tokens[i] / Long.SIZE] |= 1L << tokens[i];
    }
  }

  /**
   * Node by node.
   *
   * @param runs whether large parts may be looked through for runs
   */
  private void plain(TokenTrie trie, int first, Configuration from, int known, boolean runs) {
    // Young, so that writing to it is cheap for the garbage collector.
    var way = new Configuration[trie.longest[first] + 1];
    byte[] labels = trie.labels;
    short[] depths = trie.depths;
    short[] longest = trie.longest;
    int[] skips = trie.skips;
    byte[] classes = byteClasses;
    int deepest = 0;
    int end = skips[first];
    int node = first;
    while (node < end && (node == first || !isTired())) {
      if (longest[node] <= known) {
        node = skips[node];
        continue;
      }
      int depth = depths[node];
      Configuration at = from;
      if (node != first) {
        Configuration before = way[depth - 1];
        int value = labels[node] & 0xFF;
        at = before.successors()[classes[value] & 0xFF];
        if (at == null) {
          at = machine.step(before, value);
        }
        if (at == Configuration.DEAD) {
          node = skips[node];
          continue;
        }
        if (runs && trie.tokensBelow(node) >= RUN_TOKENS_MIN) {
          branch(trie, node, at, known);
          node = skips[node];
          continue;
        }
      }
      way[depth] = at;
      deepest = Math.max(deepest, depth);
      if (depth >= known) {
        allowEnds(trie, node, at);
      }
      node++;
    }
    looked(deepest + 1);
  }

  /** The tokens that are one byte longer than a node; without a branch for each. */
  private void allowEnds(TokenTrie trie, int node, Configuration at) {
    @Nullable Configuration[] successors = at.successors();
    byte[] labels = trie.endLabels;
    int[] tokens = trie.ends;
    byte[] classes = byteClasses;
    long[] found = bits;
    int last = trie.firstEnds[node + 1];
    for (int i = trie.firstEnds[node]; i < last; i++) {
      int value = labels[i] & 0xFF;
      Configuration next = successors[classes[value] & 0xFF];
      if (next == null) {
        next = machine.step(at, value);
      }
      long allowed = next == Configuration.DEAD ? 0 : 1;
      found[tokens[i] / Long.SIZE] |= allowed << tokens[i];
    }
  }
}
