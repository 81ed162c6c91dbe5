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
  private final long[] bits;
  private final TrieWalk walk;
  private int keptBytes;

  public MaskMaker(Machine machine, TokenVocabulary vocabulary) {
    this.machine = machine;
    this.vocabulary = vocabulary;
    this.memory = new MaskMemory(machine);
    this.bits = new long[(vocabulary.size() + Long.SIZE - 1) / Long.SIZE];
    this.walk = new TrieWalk(machine, vocabulary, bits);
  }

  /** Bytes that the kept masks take, about. */
  public int byteSize() {
    return keptBytes;
  }

  /** The tokens after which the text can still become one of the grammar's. */
  public TokenMask mask(Configuration configuration) {
    TokenMask known = Findings.of(configuration).mask();
    if (known != null) {
      return known;
    }
    MaskMemory.Match match = memory.best(configuration);
    if (match != null && match.isWhole()) {
      Findings.of(configuration).setMask(match.known().mask());
      return match.known().mask();
    }
    TokenMask made = make(configuration, match);
    keptBytes += made.byteSize();
    if (keptBytes > MASK_BYTES_MAX) {
      machine.forget();
      keptBytes = made.byteSize();
    } else if (!walk.isTired()) {
      memory.add(new MaskMemory.Known(configuration, made, walk.bytesLooked()));
    }
    Findings.of(configuration).setMask(made);
    return made;
  }

  private TokenMask make(Configuration from, MaskMemory.@Nullable Match match) {
    Arrays.fill(bits, 0);
    walk.clear();
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
    walk.looked(Math.min(bytes, match.known().bytesLooked()));
    return bytes;
  }

  private void find(Configuration from, int known) {
    int least = machine.anyTextLeast(from);
    int most = machine.anyTextMost(from);
    if (least < SLICED_LEAST && most > least) {
      walk.walkRuns(from, known);
      return;
    }
    allowText(least);
    for (var slice : vocabulary.slices()) {
      if (slice.shortest() > most) {
        // Refused unseen, because the first character too many would be.
        walk.looked(Math.min(slice.longestBytes(), UTF8_BYTES_MAX * (most + 1)));
      } else if (slice.longest() > least) {
        walk.walk(slice.trie(), from, known);
      }
    }
    walk.walk(vocabulary.others(), from, known);
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
        walk.looked(slice.longestBytes());
        return;
      }
    }
  }
}
