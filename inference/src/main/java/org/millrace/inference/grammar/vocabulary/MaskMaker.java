package org.millrace.inference.grammar.vocabulary;

import java.util.Arrays;
import org.millrace.inference.grammar.machine.Configuration;
import org.millrace.inference.grammar.machine.Machine;

/**
 * Finds the tokens that may come next, for one grammar and one vocabulary. A mask that was found is
 * kept with its configuration; over the limit of memory all of them are forgotten.
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

  private final Machine machine;
  private final TokenVocabulary vocabulary;
  private final byte[] byteClasses;
  private final long[] bits;
  private final Configuration[] way;
  private int keptBytes;

  public MaskMaker(Machine machine, TokenVocabulary vocabulary) {
    this.machine = machine;
    this.vocabulary = vocabulary;
    this.byteClasses = machine.byteClasses();
    this.bits = new long[(vocabulary.size() + Long.SIZE - 1) / Long.SIZE];
    this.way = new Configuration[vocabulary.all().height + 1];
  }

  /** The tokens after which the text can still become one of the grammar's. */
  public TokenMask mask(Configuration configuration) {
    if (configuration.note() instanceof TokenMask known) {
      return known;
    }
    TokenMask made = make(configuration);
    keptBytes += made.byteSize();
    if (keptBytes > MASK_BYTES_MAX) {
      machine.forget();
      keptBytes = made.byteSize();
    }
    configuration.setNote(made);
    return made;
  }

  private TokenMask make(Configuration from) {
    Arrays.fill(bits, 0);
    if (from.canGoOn()) {
      int least = machine.anyTextLeast(from);
      int most = machine.anyTextMost(from);
      if (least < SLICED_LEAST && most > least) {
        walk(vocabulary.all(), from);
      } else {
        allowText(least);
        for (var slice : vocabulary.slices()) {
          if (slice.longest() > least && slice.shortest() <= most) {
            walk(slice.trie(), from);
          }
        }
        walk(vocabulary.others(), from);
      }
    }
    if (from.isComplete()) {
      for (int end : vocabulary.ends()) {
        allow(end);
      }
    }
    return TokenMask.of(bits, vocabulary.size());
  }

  /**
   * All plain text of up to so many characters. Each slice has the bits of the shorter ones too.
   */
  private void allowText(int characters) {
    for (var slice : vocabulary.slices().reversed()) {
      if (slice.longest() <= characters) {
        System.arraycopy(slice.upTo(), 0, bits, 0, bits.length);
        return;
      }
    }
  }

  private void allow(int token) {
    bits[token / Long.SIZE] |= 1L << token;
  }

  private void walk(TokenTrie trie, Configuration from) {
    way[0] = from;
    int node = 0;
    while (node < trie.size()) {
      int depth = trie.depths[node];
      int value = trie.labels[node] & 0xFF;
      Configuration at = way[depth];
      Configuration next = at.successors()[byteClasses[value] & 0xFF];
      if (next == null) {
        next = machine.step(at, value);
      }
      if (next == Configuration.DEAD) {
        node = trie.skips[node];
        continue;
      }
      way[depth + 1] = next;
      int token = trie.tokens[node];
      if (token != TokenTrie.NO_TOKEN) {
        allow(token);
      }
      node++;
    }
  }
}
