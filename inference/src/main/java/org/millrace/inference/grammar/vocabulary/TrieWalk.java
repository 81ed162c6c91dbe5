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

  private final Machine machine;
  private final byte[] byteClasses;
  private final TokenVocabulary vocabulary;
  private final long[] bits;
  private int bytesLooked;

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
    int limit = trie.depths[node] + run.bytes;
    if (run == ByteRun.NONE || limit <= known) {
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
    for (int child = node + 1; child < end; child = trie.skips[child]) {
      if (trie.longest[child] <= known) {
        continue;
      }
      int value = trie.labels[child] & 0xFF;
      if (run.inside[value]) {
        alongRun(trie, child, at, run, known, limit);
        if (trie.longest[child] > limit) {
          plain(trie, child, machine.step(at, value), limit, false);
        }
      } else {
        Configuration next = machine.step(at, value);
        if (next != Configuration.DEAD) {
          branch(trie, child, next, known);
        }
      }
    }
    looked(trie.depths[node] + 1);
  }

  /**
   * The tokens of up to {@code limit} bytes that begin with a byte of the run: as long as the bytes
   * are the run's, the text may as well be where the run began.
   */
  private void alongRun(
      TokenTrie trie, int first, Configuration start, ByteRun run, int known, int limit) {
    int base = trie.depths[first];
    boolean insideKnown = base == 1;
    var way = new Configuration[Math.min(trie.longest[first], limit) + 1];
    var within = new boolean[way.length];
    way[base - 1] = start;
    within[base - 1] = true;
    int end = trie.skips[first];
    int node = first;
    while (node < end) {
      int depth = trie.depths[node];
      if (trie.longest[node] <= known || depth >= limit) {
        node = trie.skips[node];
        continue;
      }
      int value = trie.labels[node] & 0xFF;
      within[depth] = within[depth - 1] && run.inside[value];
      Configuration at = within[depth] ? start : machine.step(way[depth - 1], value);
      if (at == Configuration.DEAD
          || within[depth] && judged(trie, node, run, insideKnown, limit)) {
        node = trie.skips[node];
        continue;
      }
      way[depth] = at;
      if (depth >= known) {
        allowEnds(trie, node, at);
      }
      node++;
    }
    looked(Math.min(trie.longest[first], limit));
  }

  /** Whether there is no need to look at what comes after a node, as all of it is the run's. */
  private boolean judged(TokenTrie trie, int node, ByteRun run, boolean insideKnown, int limit) {
    if (insideKnown) {
      return (trie.kindsBelow[node] & run.kindsOut) == 0;
    }
    if (trie.longest[node] > limit || (trie.kindsBelow[node] & ~run.kindsInside) != 0) {
      return false;
    }
    allowAll(trie, node);
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
    while (node < end) {
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
