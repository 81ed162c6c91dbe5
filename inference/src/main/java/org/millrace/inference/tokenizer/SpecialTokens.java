package org.millrace.inference.tokenizer;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds special tokens in text. The longest token of the vocabulary takes its places first,
 * wherever they are; then the next. Immutable, thread-safe.
 */
final class SpecialTokens {
  private static final int DROPPED = -2;
  private final Beginning specials = new Beginning();

  /**
   * What several special tokens have in common. There may be thousands, all alike in their first
   * characters, so they are not tried one by one.
   */
  private static final class Beginning {
    private final Map<Character, Beginning> longer = new HashMap<>();
    private final List<Special> complete = new ArrayList<>();
  }

  /** {@code order} is its place in the list, longest first. */
  private record Special(
      int order, int id, String text, boolean needsParsing, boolean stripsRight) {

    /** Some files call the tokens that open a turn user-defined; their spelling gives them away. */
    boolean looksLikeMarker() {
      return text.length() > 4
          && (text.startsWith("<|") && text.endsWith("|>")
              || text.startsWith("<\uFF5C") && text.endsWith("\uFF5C>"));
    }
  }

  private record Match(Special special, int at) {}

  /** A part of a text: a special token, or plain text where {@code token} is negative. */
  record Fragment(int from, int to, int token) {}

  SpecialTokens(Vocabulary vocabulary, String modelName) {
    for (Special special : specials(vocabulary, stripsRight(modelName))) {
      Beginning at = specials;
      for (char next : special.text.toCharArray()) {
        at = at.longer.computeIfAbsent(next, unused -> new Beginning());
      }
      at.complete.add(special);
    }
  }

  /**
   * Phi-3's special tokens eat the white space that follows; GGUF files do not say so, and only the
   * name tells.
   */
  private static boolean stripsRight(String modelName) {
    String name = modelName.toLowerCase(Locale.ROOT);
    return name.contains("phi-3") || name.contains("phi3");
  }

  private static List<Special> specials(Vocabulary vocabulary, boolean stripsRight) {
    var ids = new ArrayList<Integer>();
    for (int id = 0; id < vocabulary.size(); id++) {
      TokenType type = vocabulary.type(id);
      if (type.needsParsing() || type == TokenType.USER_DEFINED) {
        ids.add(id);
      }
    }
    ids.sort(Comparator.comparingInt((Integer id) -> -Vocabulary.utf8(vocabulary.text(id)).length));
    var result = new ArrayList<Special>(ids.size());
    for (int id : ids) {
      String text = vocabulary.text(id);
      boolean strips = stripsRight && !List.of("<unk>", "<s>", "<|endoftext|>").contains(text);
      result.add(new Special(result.size(), id, text, vocabulary.type(id).needsParsing(), strips));
    }
    return result;
  }

  /**
   * Cuts {@code text} into special tokens and what lies between them.
   *
   * @param parse whether control tokens are looked for; user-defined ones always are
   * @param userText the characters, if any, that a control token, or one that looks like one, must
   *     not touch
   */
  List<Fragment> cut(String text, boolean parse, @Nullable BitSet userText) {
    List<Match> matches = matches(text, parse, userText);
    if (matches.isEmpty()) {
      return text.isEmpty() ? List.of() : List.of(new Fragment(0, text.length(), -1));
    }
    matches.sort(Comparator.comparingInt((Match m) -> m.special.order).thenComparingInt(Match::at));
    var taken = new BitSet(text.length());
    var fragments = new ArrayList<Fragment>();
    for (Match match : matches) {
      int end = match.at + match.special.text.length();
      int clash = taken.nextSetBit(match.at);
      if (clash < 0 || clash >= end) {
        taken.set(match.at, end);
        fragments.add(new Fragment(match.at, end, match.special.id));
        strip(text, match.special, end, taken, fragments);
      }
    }
    return fill(text, fragments);
  }

  private List<Match> matches(String text, boolean parse, @Nullable BitSet userText) {
    var matches = new ArrayList<Match>();
    for (int start = 0; start < text.length(); start++) {
      Beginning at = specials.longer.get(text.charAt(start));
      for (int next = start + 1; at != null; next++) {
        for (Special special : at.complete) {
          if (allowed(special, start, parse, userText)) {
            matches.add(new Match(special, start));
          }
        }
        at = next < text.length() ? at.longer.get(text.charAt(next)) : null;
      }
    }
    return matches;
  }

  private static boolean allowed(
      Special special, int at, boolean parse, @Nullable BitSet userText) {
    if (special.needsParsing && !parse) {
      return false;
    }
    if (userText == null || !special.needsParsing && !special.looksLikeMarker()) {
      return true;
    }
    int user = userText.nextSetBit(at);
    return user < 0 || user >= at + special.text.length();
  }

  private static void strip(
      String text, Special special, int from, BitSet taken, List<Fragment> fragments) {
    int to = from;
    while (special.stripsRight
        && to < text.length()
        && !taken.get(to)
        && " \t\n\u000B\f\r".indexOf(text.charAt(to)) >= 0) {
      to++;
    }
    if (to > from) {
      taken.set(from, to);
      fragments.add(new Fragment(from, to, DROPPED));
    }
  }

  private static List<Fragment> fill(String text, List<Fragment> found) {
    found.sort(Comparator.comparingInt(Fragment::from));
    var all = new ArrayList<Fragment>(found.size() * 2 + 1);
    int at = 0;
    for (Fragment fragment : found) {
      if (fragment.from > at) {
        all.add(new Fragment(at, fragment.from, -1));
      }
      if (fragment.token != DROPPED) {
        all.add(fragment);
      }
      at = fragment.to;
    }
    if (at < text.length()) {
      all.add(new Fragment(at, text.length(), -1));
    }
    return all;
  }
}
