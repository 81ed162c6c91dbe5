package org.millrace.demomodel.bpe;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A byte-level BPE vocabulary: ids 0 to 255 are the bytes, then one id for each merge in order of
 * rank, then the special tokens of Llama 3. Immutable but for a cache; not thread-safe.
 */
public final class Vocabulary {
  /** One merge: two ids that become a new one. */
  public record Merge(int left, int right) {}

  public static final String BEGIN_OF_TEXT = "<|begin_of_text|>";
  public static final String END_OF_TEXT = "<|end_of_text|>";
  public static final String START_HEADER = "<|start_header_id|>";
  public static final String END_HEADER = "<|end_header_id|>";
  public static final String END_OF_TURN = "<|eot_id|>";

  public static final String PADDING = "<|finetune_right_pad_id|>";

  /** The special tokens in the order of their ids. */
  public static final List<String> SPECIAL_TOKENS = specialTokens();

  static final int BYTES = 256;

  private final List<Merge> merges;
  private final Map<Merge, Integer> idOfMerge = new HashMap<>();
  private final List<byte[]> bytesOfId = new ArrayList<>();
  private final List<String> spellings = new ArrayList<>();
  private final Map<String, int[]> cache = new HashMap<>();

  public Vocabulary(List<Merge> merges) {
    this.merges = List.copyOf(merges);
    for (int value = 0; value < BYTES; value++) {
      bytesOfId.add(new byte[] {(byte) value});
      spellings.add(ByteAlphabet.spelled(value));
    }
    for (Merge merge : merges) {
      idOfMerge.put(merge, bytesOfId.size());
      bytesOfId.add(joined(bytesOfId.get(merge.left()), bytesOfId.get(merge.right())));
      spellings.add(spellings.get(merge.left()) + spellings.get(merge.right()));
    }
    spellings.addAll(SPECIAL_TOKENS);
  }

  private static List<String> specialTokens() {
    List<String> tokens = new ArrayList<>();
    tokens.add(BEGIN_OF_TEXT);
    tokens.add(END_OF_TEXT);
    tokens.add("<|reserved_special_token_0|>");
    tokens.add("<|reserved_special_token_1|>");
    tokens.add(PADDING);
    tokens.add("<|reserved_special_token_2|>");
    tokens.add(START_HEADER);
    tokens.add(END_HEADER);
    tokens.add("<|eom_id|>");
    tokens.add(END_OF_TURN);
    for (int i = 3; i < 9; i++) {
      tokens.add("<|reserved_special_token_" + i + "|>");
    }
    return List.copyOf(tokens);
  }

  /** How many tokens there are, special ones included. */
  public int size() {
    return spellings.size();
  }

  /** The tokens as a GGUF file spells them, by id. */
  public List<String> spellings() {
    return List.copyOf(spellings);
  }

  /** The merges by rank. */
  public List<Merge> merges() {
    return merges;
  }

  /** The merges as a GGUF file spells them, by rank. */
  public List<String> mergeSpellings() {
    return merges.stream()
        .map(merge -> spellings.get(merge.left()) + " " + spellings.get(merge.right()))
        .toList();
  }

  /** The id of a special token. */
  public int special(String token) {
    int place = SPECIAL_TOKENS.indexOf(token);
    if (place < 0) {
      throw new IllegalArgumentException(token + " is no special token; see SPECIAL_TOKENS");
    }
    return firstSpecial() + place;
  }

  /** Whether an id is that of a special token. */
  public boolean isSpecial(int id) {
    return id >= firstSpecial();
  }

  private int firstSpecial() {
    return BYTES + merges.size();
  }

  /** The ids of a text; special tokens in it are plain text. */
  public int[] encode(String text) {
    return PreTokenizer.pieces(text).stream()
        .flatMapToInt(piece -> Arrays.stream(cache.computeIfAbsent(piece, this::merged)))
        .toArray();
  }

  private int[] merged(String piece) {
    int[] ids = ByteAlphabet.bytes(piece);
    int best = bestMerge(ids);
    while (best >= 0) {
      ids = apply(ids, merges.get(best - BYTES), best);
      best = bestMerge(ids);
    }
    return ids;
  }

  /** The id of the merge of lowest rank that applies, or -1. */
  private int bestMerge(int[] ids) {
    int best = Integer.MAX_VALUE;
    for (int i = 0; i + 1 < ids.length; i++) {
      best = Math.min(best, idOfMerge.getOrDefault(new Merge(ids[i], ids[i + 1]), best));
    }
    return best == Integer.MAX_VALUE ? -1 : best;
  }

  /** Replaces each occurrence of a merge's pair by its id, from the left. */
  static int[] apply(int[] ids, Merge merge, int id) {
    var result = new int[ids.length];
    int length = 0;
    for (int i = 0; i < ids.length; i++) {
      boolean pair = i + 1 < ids.length && ids[i] == merge.left() && ids[i + 1] == merge.right();
      result[length++] = pair ? id : ids[i];
      i += pair ? 1 : 0;
    }
    return Arrays.copyOf(result, length);
  }

  /** The text of ids; special tokens are left out. */
  public String decode(int[] ids) {
    var bytes = new ByteArrayOutputStream();
    for (int id : ids) {
      if (!isSpecial(id)) {
        bytes.writeBytes(bytesOfId.get(id));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static byte[] joined(byte[] left, byte[] right) {
    byte[] both = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, both, left.length, right.length);
    return both;
  }
}
