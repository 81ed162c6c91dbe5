package org.millrace.inference.tokenizer;

import java.util.OptionalInt;

/**
 * SentencePiece's byte-pair mode as llama.cpp reads it: spaces are spelled U+2581, the neighbours
 * that form the token of the highest score join first, and a character that is no token becomes its
 * bytes.
 */
final class SentencePieceEncoder implements FragmentEncoder {
  static final char SPACE = '▁';
  private final Vocabulary vocabulary;
  private final boolean spacePrefix;
  private final int longest;
  private final int[] byteIds = new int[256];
  private final OptionalInt unknown;

  /**
   * @param spacePrefix whether text gets a leading space at the start and after special tokens
   */
  SentencePieceEncoder(Vocabulary vocabulary, boolean spacePrefix) {
    this.vocabulary = vocabulary;
    this.spacePrefix = spacePrefix;
    this.unknown = vocabulary.special("unknown_token_id");
    int max = 0;
    for (int i = 0; i < vocabulary.size(); i++) {
      max = Math.max(max, vocabulary.text(i).length());
    }
    longest = max;
    boolean all = true;
    for (int b = 0; b < 256; b++) {
      byteIds[b] = vocabulary.byteToken(b);
      all &= byteIds[b] >= 0;
    }
    if (!all && unknown.isEmpty()) {
      throw vocabulary.fail(
          "the vocabulary lacks byte tokens (<0x00> to <0xFF>) and tokenizer.ggml.unknown_token_id; it needs one of both");
    }
  }

  @Override
  public void encode(String fragment, boolean afterSpecial, IntList out) {
    String prefixed = spacePrefix && afterSpecial ? " " + fragment : fragment;
    String text = prefixed.replace(' ', SPACE);
    int[] starts = starts(text);
    int count = starts.length - 1;
    var symbols = new Symbols(count);
    int[] ends = new int[count];
    System.arraycopy(starts, 1, ends, 0, count);
    merge(text, starts, ends, symbols);
    for (int i = 0; i >= 0; i = symbols.next(i)) {
      put(text.substring(starts[i], ends[i]), out);
    }
  }

  private static int[] starts(String text) {
    var starts = new IntList(text.length() + 1);
    for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
      starts.add(at);
    }
    starts.add(text.length());
    return starts.toArray();
  }

  private void merge(String text, int[] starts, int[] ends, Symbols symbols) {
    var heap = new LongHeap(ends.length);
    for (int i = 0; i + 1 < ends.length; i++) {
      offer(text, starts[i], ends[i + 1], i, heap);
    }
    while (!heap.isEmpty()) {
      long best = heap.pop();
      int left = (int) best;
      int right = symbols.next(left);
      // An entry is stale where its pair has changed since; the new pair has an entry of its own.
      if (symbols.removed(left)
          || right < 0
          || key(text, starts[left], ends[right], left) != best) {
        continue;
      }
      ends[left] = ends[right];
      symbols.join(left);
      int before = symbols.previous(left);
      int after = symbols.next(left);
      if (before >= 0) {
        offer(text, starts[before], ends[left], before, heap);
      }
      if (after >= 0) {
        offer(text, starts[left], ends[after], left, heap);
      }
    }
  }

  private void offer(String text, int start, int end, int left, LongHeap heap) {
    long key = key(text, start, end, left);
    if (key != Long.MAX_VALUE) {
      heap.push(key);
    }
  }

  /**
   * The higher the score of the token that the text forms, the less the key; then the further left.
   * {@code MAX_VALUE} for no token.
   */
  private long key(String text, int start, int end, int left) {
    int token = end - start > longest ? -1 : vocabulary.id(text.substring(start, end));
    if (token < 0) {
      return Long.MAX_VALUE;
    }
    int bits = Float.floatToIntBits(vocabulary.score(token) + 0f);
    int ordered = bits ^ (bits >> 31 & 0x7FFFFFFF);
    return (long) ~ordered << 32 | left;
  }

  private void put(String symbol, IntList out) {
    int token = vocabulary.id(symbol);
    if (token >= 0) {
      out.add(token);
      return;
    }
    for (byte b : Vocabulary.utf8(symbol)) {
      int id = byteIds[b & 0xFF];
      out.add(id >= 0 ? id : unknown.getAsInt());
    }
  }
}
