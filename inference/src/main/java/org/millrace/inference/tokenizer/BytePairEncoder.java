package org.millrace.inference.tokenizer;

import java.util.List;
import java.util.OptionalInt;

/**
 * Byte-level byte-pair encoding (Sennrich et al. 2016; GPT-2's byte alphabet): each piece starts as
 * single bytes, and the pair of the least rank merges first. A heap of pairs keeps that at n log n,
 * also for one word of 100,000 letters.
 */
final class BytePairEncoder implements FragmentEncoder {
  private final Vocabulary vocabulary;
  private final PreTokenizer pre;
  private final MergeTable merges;
  private final int[] byteIds = new int[256];
  private final OptionalInt unknown;

  BytePairEncoder(Vocabulary vocabulary, PreTokenizer pre, List<String> merges) {
    this.vocabulary = vocabulary;
    this.pre = pre;
    this.unknown = vocabulary.special("unknown_token_id");
    boolean any = false;
    for (int b = 0; b < 256; b++) {
      byteIds[b] = vocabulary.id(String.valueOf(ByteAlphabet.character(b)));
      any |= byteIds[b] >= 0;
    }
    if (!any) {
      throw vocabulary.fail(
          "tokenizer.ggml.tokens holds no single-byte token; a byte-level vocabulary needs them");
    }
    this.merges = table(merges);
  }

  private MergeTable table(List<String> lines) {
    var table = new MergeTable(lines.size());
    for (int rank = 0; rank < lines.size(); rank++) {
      String line = lines.get(rank);
      // From the second character on: a token may itself be spelled with a leading space.
      int space = line.indexOf(' ', 1);
      if (space < 0) {
        throw vocabulary.fail(
            "tokenizer.ggml.merges[%d] is \"%s\"; expected two tokens".formatted(rank, line));
      }
      String left = line.substring(0, space);
      String right = line.substring(space + 1);
      table.add(known(rank, left), known(rank, right), rank, known(rank, left + right));
    }
    return table;
  }

  private int known(int rank, String token) {
    int id = vocabulary.id(token);
    if (id < 0) {
      throw vocabulary.fail(
          "tokenizer.ggml.merges[%d] names \"%s\", which is no token".formatted(rank, token));
    }
    return id;
  }

  @Override
  public void encode(String fragment, boolean afterSpecial, IntList out) {
    IntList cuts = pre.cut(fragment);
    for (int i = 0; i + 1 < cuts.size(); i++) {
      word(Vocabulary.utf8(fragment.substring(cuts.get(i), cuts.get(i + 1))), out);
    }
  }

  private void word(byte[] bytes, IntList out) {
    if (pre.ignoreMerges()) {
      int whole = vocabulary.id(ByteAlphabet.spell(bytes));
      if (whole >= 0) {
        out.add(whole);
        return;
      }
    }
    int[] ids = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      ids[i] = byteIds[bytes[i] & 0xFF];
    }
    if (ids.length > 1) {
      merge(ids, out);
    } else {
      put(ids[0], out);
    }
  }

  private void merge(int[] ids, IntList out) {
    var symbols = new Symbols(ids.length);
    var heap = new LongHeap(ids.length);
    for (int i = 0; i + 1 < ids.length; i++) {
      offer(ids, i, i + 1, heap);
    }
    while (!heap.isEmpty()) {
      long least = heap.pop();
      int left = (int) least;
      int right = symbols.next(left);
      if (symbols.removed(left) || right < 0) {
        continue;
      }
      long found = merges.find(ids[left], ids[right]);
      // An entry is stale where its pair has changed since; the new pair has an entry of its own.
      if (found == MergeTable.NONE || found >>> 32 != least >>> 32) {
        continue;
      }
      ids[left] = (int) found;
      symbols.join(left);
      offer(ids, symbols.previous(left), left, heap);
      offer(ids, left, symbols.next(left), heap);
    }
    for (int i = 0; i >= 0; i = symbols.next(i)) {
      put(ids[i], out);
    }
  }

  private void offer(int[] ids, int left, int right, LongHeap heap) {
    if (left < 0 || right < 0) {
      return;
    }
    long found = merges.find(ids[left], ids[right]);
    if (found != MergeTable.NONE) {
      heap.push(found & 0xFFFFFFFF00000000L | left);
    }
  }

  /** A byte that the vocabulary lacks becomes the unknown token, or nothing where there is none. */
  private void put(int id, IntList out) {
    if (id >= 0) {
      out.add(id);
    } else if (unknown.isPresent()) {
      out.add(unknown.getAsInt());
    }
  }
}
