package org.millrace.inference.grammar.vocabulary;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.machine.Configuration;
import org.millrace.inference.grammar.machine.Machine;

/**
 * Finds the tokens that may come next, for one grammar and one vocabulary. A mask that was found is
 * kept with its configuration, and serves for others that no token can tell from it; over the limit
 * of memory all of them are forgotten.
 *
 * <p>Used under the machine's lock.
 */
public final class MaskMaker {
  /** Of the masks kept for one grammar. */
  private static final int MASK_BYTES_MAX = 4 << 20;

  /**
   * Where less than this of any text may stand, all tokens are walked in one trie: short texts are
   * beginnings of longer ones there, which they are not in tries by length.
   */
  private static final int SLICED_LEAST = 3;

  /** Fewer tokens are no longer than fewer bytes; then the whole walk costs no more. */
  private static final int SHARED_BYTES_MIN = 3;

  private static final int UTF8_BYTES_MAX = 4;

  private final Machine machine;
  private final TokenVocabulary vocabulary;
  private final MaskMemory memory;
  private final byte[] byteClasses;
  private final long[] bits;
  // Of the mask that is being made: the longest text that was looked at.
  private int bytesLooked;
  private int keptBytes;

  public MaskMaker(Machine machine, TokenVocabulary vocabulary) {
    this.machine = machine;
    this.vocabulary = vocabulary;
    this.memory = new MaskMemory(machine);
    this.byteClasses = machine.byteClasses();
    this.bits = new long[(vocabulary.size() + Long.SIZE - 1) / Long.SIZE];
  }

  /** The tokens after which the text can still become one of the grammar's. */
  public TokenMask mask(Configuration configuration) {
    if (configuration.note() instanceof TokenMask known) {
      return known;
    }
    MaskMemory.Match match = memory.best(configuration);
    if (match != null && match.isWhole()) {
      configuration.setNote(match.known().mask());
      return match.known().mask();
    }
    TokenMask made = make(configuration, match);
    keptBytes += made.byteSize();
    if (keptBytes > MASK_BYTES_MAX) {
      machine.forget();
      keptBytes = made.byteSize();
    } else {
      memory.add(new MaskMemory.Known(configuration, made, bytesLooked));
    }
    configuration.setNote(made);
    return made;
  }

  private TokenMask make(Configuration from, MaskMemory.@Nullable Match match) {
    Arrays.fill(bits, 0);
    bytesLooked = 0;
    if (from.canGoOn()) {
      find(from, takeOver(match));
    }
    if (from.isComplete()) {
      for (int end : vocabulary.ends()) {
        bits[end / Long.SIZE] |= 1L << end;
      }
    }
    return TokenMask.of(bits, vocabulary.size());
  }

  /** Returns up to which length all tokens are known now. */
  private int takeOver(MaskMemory.@Nullable Match match) {
    if (match == null || match.bytes() < SHARED_BYTES_MIN) {
      return 0;
    }
    int bytes = Math.min(match.bytes(), TokenVocabulary.BYTES_KNOWN_MAX);
    match.known().mask().addTo(bits, vocabulary.upToBytes(bytes));
    bytesLooked = Math.min(bytes, match.known().bytesLooked());
    return bytes;
  }

  private void find(Configuration from, int known) {
    int least = machine.anyTextLeast(from);
    int most = machine.anyTextMost(from);
    if (least < SLICED_LEAST && most > least) {
      if (!findRun(from, known)) {
        walk(vocabulary.all(), from, known);
      }
      return;
    }
    allowText(least);
    for (var slice : vocabulary.slices()) {
      if (slice.shortest() > most) {
        // Refused unseen, because the first character too many would be.
        looked(Math.min(slice.longestBytes(), UTF8_BYTES_MAX * (most + 1)));
      } else if (slice.longest() > least) {
        walk(slice.trie(), from, known);
      }
    }
    walk(vocabulary.others(), from, known);
  }

  /**
   * Where some bytes may follow again and again, tokens of them alone are judged by their length,
   * and only the others are walked.
   *
   * @return whether that could be done
   */
  private boolean findRun(Configuration from, int known) {
    ByteRun run = ByteRun.at(from, machine);
    if (run == null || !run.atMost() && run.surely() < TokenVocabulary.BYTES_KNOWN_MAX) {
      return false;
    }
    TokenVocabulary.RunTokens tokens = vocabulary.run(run.bytes());
    if (tokens == null) {
      return false;
    }
    long[] shortEnough = vocabulary.upToBytes(run.surely());
    for (int word = 0; word < bits.length; word++) {
      bits[word] |= tokens.inside()[word] & shortEnough[word];
    }
    looked(run.surely() + 1);
    walk(tokens.others(), from, known);
    if (!run.atMost()) {
      walk(vocabulary.all(), from, run.surely());
    }
    return true;
  }

  /**
   * All plain text of up to so many characters. Each slice has the bits of the shorter ones too.
   */
  private void allowText(int characters) {
    for (var slice : vocabulary.slices().reversed()) {
      if (slice.longest() <= characters) {
        long[] allowed = slice.upTo();
        for (int word = 0; word < bits.length; word++) {
          bits[word] |= allowed[word];
        }
        looked(slice.longestBytes());
        return;
      }
    }
  }

  private void looked(int bytes) {
    bytesLooked = Math.max(bytesLooked, bytes);
  }

  /**
   * Allows the tokens that lead somewhere.
   *
   * @param known tokens of up to so many bytes are known already
   */
  private void walk(TokenTrie trie, Configuration from, int known) {
    // Young, so that writing to it is cheap for the garbage collector.
    var way = new Configuration[trie.height + 1];
    byte[] labels = trie.labels;
    short[] depths = trie.depths;
    short[] longest = trie.longest;
    int[] skips = trie.skips;
    byte[] classes = byteClasses;
    int deepest = 0;
    way[0] = from;
    int node = 0;
    while (node < labels.length) {
      if (longest[node] <= known) {
        node = skips[node];
        continue;
      }
      int depth = depths[node];
      Configuration at = from;
      if (depth > 0) {
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
        way[depth] = at;
      }
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
