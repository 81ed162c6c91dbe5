package org.millrace.inference.grammar.vocabulary;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.millrace.inference.api.Tokenizer;
import org.millrace.inference.grammar.machine.Configuration;
import org.millrace.inference.grammar.machine.Machine;

/**
 * A model's tokens, sorted for looking many of them up at once. Plain text, which is most of a
 * vocabulary, lies apart by its length in characters: where any text may stand, those tokens are
 * allowed without a look at each. Special tokens are in no trie, so no grammar allows them.
 *
 * <p>Thread-safe; what it says does not change.
 */
public final class TokenVocabulary {
  /** Plain text of more characters lies together. */
  private static final int LENGTHS_MAX = 24;

  /** Lengths in bytes up to which the tokens that are no longer are known. */
  static final int BYTES_KNOWN_MAX = 32;

  /** Sets of bytes whose tokens are remembered; each takes 16 KiB for 128,000 tokens. */
  private static final int INSIDES_MAX = 64;

  private static final int TOKEN_BYTES_MAX = 1_024;

  private final int size;
  private final byte[][] bytes;
  private final int[] ends;
  private final TokenTrie all;
  private final TokenTrie others;
  private final List<TextSlice> slices;
  // By bytes: a bit for each token of text that has no more.
  private final long[][] upToBytes;
  private final Map<ByteSet, long[]> insides = recent(INSIDES_MAX);

  /**
   * Tokens of plain text.
   *
   * @param shortest characters of the shortest
   * @param longest characters of the longest
   * @param longestBytes bytes of the longest of these and all shorter ones
   * @param upTo these and all shorter ones, one bit per token
   */
  @SuppressWarnings("ArrayRecordComponent") // shared by the package alone
  record TextSlice(int shortest, int longest, int longestBytes, TokenTrie trie, long[] upTo) {}

  private TokenVocabulary(
      byte[][] bytes,
      int[] ends,
      List<TokenTrie.Entry> sorted,
      TokenTrie others,
      List<TextSlice> slices) {
    this.size = bytes.length;
    this.bytes = bytes;
    this.ends = ends;
    this.all = TokenTrie.of(sorted);
    this.others = others;
    this.slices = slices;
    this.upToBytes = upToBytes(all, bytes);
  }

  private static long[][] upToBytes(TokenTrie all, byte[][] bytes) {
    long[][] upTo = new long[BYTES_KNOWN_MAX + 1][(bytes.length + Long.SIZE - 1) / Long.SIZE];
    for (int token : all.ends) {
      for (int length = bytes[token].length; length <= BYTES_KNOWN_MAX; length++) {
        upTo[length][token / Long.SIZE] |= 1L << token;
      }
    }
    return upTo;
  }

  /** Takes a second for 128,000 tokens, so one is kept per model. */
  public static TokenVocabulary of(Tokenizer tokenizer) {
    int size = tokenizer.vocabularySize();
    byte[][] bytes = new byte[size][];
    var ends = new ArrayList<Integer>();
    var others = new ArrayList<TokenTrie.Entry>();
    var texts = new ArrayList<List<TokenTrie.Entry>>();
    for (int i = 0; i <= LENGTHS_MAX; i++) {
      texts.add(new ArrayList<>());
    }
    int longest = LENGTHS_MAX;
    for (int token = 0; token < size; token++) {
      bytes[token] = tokenizer.bytes(token);
      if (tokenizer.endsGeneration(token)) {
        ends.add(token);
      } else if (isText(tokenizer, token, bytes[token])) {
        var entry = new TokenTrie.Entry(token, bytes[token]);
        int characters = PlainText.characters(bytes[token]);
        longest = Math.max(longest, characters);
        (characters < 0 ? others : texts.get(Math.min(characters - 1, LENGTHS_MAX))).add(entry);
      }
    }
    var all = new ArrayList<>(others);
    texts.forEach(all::addAll);
    all.sort((one, other) -> Arrays.compareUnsigned(one.bytes(), other.bytes()));
    return new TokenVocabulary(
        bytes,
        ends.stream().mapToInt(Integer::intValue).toArray(),
        List.copyOf(all),
        TokenTrie.of(others),
        slices(texts, size, longest));
  }

  /** Some files call markers of turns user-defined text; their spelling gives them away. */
  private static boolean isText(Tokenizer tokenizer, int token, byte[] bytes) {
    if (bytes.length == 0 || bytes.length > TOKEN_BYTES_MAX) {
      return false;
    }
    String piece = tokenizer.piece(token);
    boolean marker =
        piece.length() > 4
            && (piece.startsWith("<|") && piece.endsWith("|>")
                || piece.startsWith("<\uFF5C") && piece.endsWith("\uFF5C>"));
    return !marker;
  }

  private static List<TextSlice> slices(List<List<TokenTrie.Entry>> texts, int size, int longest) {
    var slices = new ArrayList<TextSlice>();
    long[] bits = new long[(size + Long.SIZE - 1) / Long.SIZE];
    int longestBytes = 0;
    for (int i = 0; i < texts.size(); i++) {
      for (TokenTrie.Entry entry : texts.get(i)) {
        bits[entry.token() / Long.SIZE] |= 1L << entry.token();
      }
      if (!texts.get(i).isEmpty()) {
        int most = i == LENGTHS_MAX ? longest : i + 1;
        TokenTrie trie = TokenTrie.of(texts.get(i));
        longestBytes = Math.max(longestBytes, trie.height);
        slices.add(new TextSlice(i + 1, most, longestBytes, trie, bits.clone()));
      }
    }
    return List.copyOf(slices);
  }

  public int size() {
    return size;
  }

  /** Whether any token ends a text. */
  public boolean canEnd() {
    return ends.length > 0;
  }

  /**
   * Where a text has got to with one more token. A token that ends the text leaves it where it is,
   * if it may end there.
   *
   * @return {@link Configuration#DEAD} where the token may not come
   */
  public Configuration advance(Machine machine, Configuration from, int token) {
    if (Arrays.binarySearch(ends, token) >= 0) {
      return from.isComplete() ? from : Configuration.DEAD;
    }
    if (token < 0 || token >= size || bytes[token].length == 0) {
      return Configuration.DEAD;
    }
    Configuration at = from;
    for (int i = 0; i < bytes[token].length && at != Configuration.DEAD; i++) {
      at = machine.step(at, bytes[token][i] & 0xFF);
    }
    return at;
  }

  /** The tokens that end a turn or a text, in order. */
  int[] ends() {
    return ends;
  }

  /** All tokens that are text of any kind. */
  TokenTrie all() {
    return all;
  }

  /** A bit for each token of text that consists of a run's bytes alone; not to be written to. */
  long[] inside(ByteRun run) {
    synchronized (insides) {
      return insides.computeIfAbsent(run.set(), unused -> findInside(run.inside));
    }
  }

  private long[] findInside(boolean[] inside) {
    long[] found = new long[(size + Long.SIZE - 1) / Long.SIZE];
    int node = 0;
    while (node < all.labels.length) {
      if (node > 0 && !inside[all.labels[node] & 0xFF]) {
        node = all.skips[node];
        continue;
      }
      for (int i = all.firstEnds[node]; i < all.firstEnds[node + 1]; i++) {
        long bit = inside[all.endLabels[i] & 0xFF] ? 1 : 0;
        found[all.ends[i] / Long.SIZE] |= bit << all.ends[i];
      }
      node++;
    }
    return found;
  }

  private static <V> Map<ByteSet, V> recent(int most) {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<ByteSet, V> eldest) {
        return size() > most;
      }
    };
  }

  /** A bit for each token of text that has no more bytes; at most {@link #BYTES_KNOWN_MAX}. */
  long[] upToBytes(int length) {
    return upToBytes[length];
  }

  /** Tokens that are not plain text: with controls, quotation marks, parts of characters. */
  TokenTrie others() {
    return others;
  }

  /** Plain text, the shortest first. */
  List<TextSlice> slices() {
    return slices;
  }
}
