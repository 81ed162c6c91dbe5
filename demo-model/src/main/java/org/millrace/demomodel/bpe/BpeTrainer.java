package org.millrace.demomodel.bpe;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Learns the merges of a byte-level BPE vocabulary (Sennrich et al. 2016): again and again the most
 * frequent pair becomes a token; of equally frequent pairs the one with the smaller ids.
 *
 * <p>Pieces with digits are left out, so that every digit stays a token of its own: a small model
 * learns sums of digits, not of arbitrary number tokens. A capital is never merged with the blank
 * or mark in front of it, so that a name has the same tokens in a sentence as between quotation
 * marks: a small model copies it token by token. Not thread-safe.
 */
public final class BpeTrainer {
  private static final int PIECES_MAX = 500_000;

  private record Word(int[] ids, long count) {}

  private final Map<String, Long> counts = new TreeMap<>();

  /** Counts the pieces of a text. */
  public void add(String text) {
    for (String piece : PreTokenizer.pieces(text)) {
      boolean digits = piece.codePoints().anyMatch(Character::isDigit);
      if (!digits && (counts.size() < PIECES_MAX || counts.containsKey(piece))) {
        counts.merge(withoutMarkBeforeCapital(piece), 1L, Long::sum);
      }
    }
  }

  private static String withoutMarkBeforeCapital(String piece) {
    boolean mark =
        piece.length() > 1
            && !Character.isLetter(piece.charAt(0))
            && Character.isUpperCase(piece.charAt(1));
    return mark ? piece.substring(1) : piece;
  }

  /**
   * Learns a vocabulary of at most {@code size} tokens; fewer if no pair is left that occurs twice.
   */
  public Vocabulary train(int size) {
    int mergesMax = size - Vocabulary.BYTES - Vocabulary.SPECIAL_TOKENS.size();
    if (mergesMax < 0) {
      throw new IllegalArgumentException(
          "a vocabulary of %d is too small; it needs at least %d tokens"
              .formatted(size, size - mergesMax));
    }
    List<Word> words = new ArrayList<>();
    counts.forEach((piece, count) -> words.add(new Word(ByteAlphabet.bytes(piece), count)));
    List<Vocabulary.Merge> merges = new ArrayList<>();
    while (merges.size() < mergesMax) {
      Map.Entry<Vocabulary.Merge, Long> best = mostFrequent(words);
      if (best.getValue() < 2) {
        break;
      }
      int id = Vocabulary.BYTES + merges.size();
      merges.add(best.getKey());
      words.replaceAll(
          word -> new Word(Vocabulary.apply(word.ids(), best.getKey(), id), word.count()));
    }
    return new Vocabulary(merges);
  }

  private static Map.Entry<Vocabulary.Merge, Long> mostFrequent(List<Word> words) {
    Map<Vocabulary.Merge, Long> pairs = new HashMap<>();
    for (Word word : words) {
      int[] ids = word.ids();
      for (int i = 0; i + 1 < ids.length; i++) {
        pairs.merge(new Vocabulary.Merge(ids[i], ids[i + 1]), word.count(), Long::sum);
      }
    }
    Comparator<Map.Entry<Vocabulary.Merge, Long>> order =
        Map.Entry.<Vocabulary.Merge, Long>comparingByValue()
            .thenComparing(entry -> -entry.getKey().left())
            .thenComparing(entry -> -entry.getKey().right());
    return pairs.entrySet().stream().max(order).orElse(Map.entry(new Vocabulary.Merge(0, 0), 0L));
  }
}
