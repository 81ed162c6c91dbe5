package org.millrace.inference.template.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The methods of Python's {@code str}. */
final class TextMethods {
  private TextMethods() {}

  /** The method of that name, or null. */
  static @Nullable Callable find(Text text, String name) {
    return switch (name) {
      case "strip" -> arguments -> strip(text, arguments.get(0, "chars", None.NONE), true, true);
      case "lstrip" -> arguments -> strip(text, arguments.get(0, "chars", None.NONE), true, false);
      case "rstrip" -> arguments -> strip(text, arguments.get(0, "chars", None.NONE), false, true);
      case "upper", "lower", "title", "capitalize", "swapcase", "casefold" ->
          arguments -> cased(text, name);
      case "split", "rsplit", "splitlines", "partition", "rpartition" -> cut(text, name);
      case "startswith" -> arguments -> affix(text, arguments.required(0, "prefix"), true);
      case "endswith" -> arguments -> affix(text, arguments.required(0, "suffix"), false);
      case "removeprefix", "removesuffix" -> arguments -> without(text, arguments, name);
      case "replace" ->
          arguments ->
              replace(
                  text,
                  arguments.text(0, "old"),
                  arguments.text(1, "new"),
                  arguments.integer(2, "count", -1));
      case "join" -> arguments -> join(text, Values.items(arguments.required(0, "iterable")));
      case "format" -> arguments -> BraceFormat.format(text, arguments);
      case "find", "rfind", "index", "rindex", "count" -> searched(text, name);
      case "ljust", "rjust", "center", "zfill" -> arguments -> padded(text, name, arguments);
      default -> tested(text, name);
    };
  }

  private static Callable cut(Text text, String name) {
    return switch (name) {
      case "split" ->
          arguments ->
              split(text, arguments.get(0, "sep", None.NONE), arguments.integer(1, "maxsplit", -1));
      case "rsplit" ->
          arguments ->
              splitFromEnd(
                  text, arguments.get(0, "sep", None.NONE), arguments.integer(1, "maxsplit", -1));
      case "splitlines" ->
          arguments -> lines(text, Values.truth(arguments.get(0, "keepends", false)));
      default -> arguments -> partition(text, arguments.text(0, "sep"), name.equals("rpartition"));
    };
  }

  static Text strip(Text text, Object characters, boolean left, boolean right) {
    IntPredicate goes =
        characters instanceof None
            ? TextMethods::isSpace
            : point -> Values.needText(characters).value().indexOf(point) >= 0;
    String value = text.value();
    int from = 0;
    int to = value.length();
    while (left && from < to && goes.test(value.codePointAt(from))) {
      from += Character.charCount(value.codePointAt(from));
    }
    while (right && to > from && goes.test(value.codePointBefore(to))) {
      to -= Character.charCount(value.codePointBefore(to));
    }
    return text.slice(from, to);
  }

  /** Python's white space: Unicode's, and the four separators U+001C to U+001F. */
  static boolean isSpace(int point) {
    return Character.isWhitespace(point) || Character.isSpaceChar(point) || point == 0x85;
  }

  static Text cased(Text text, String how) {
    String value = text.value();
    return text.withCharacters(
        switch (how) {
          case "upper" -> value.toUpperCase(Locale.ROOT);
          case "lower", "casefold" -> value.toLowerCase(Locale.ROOT);
          case "capitalize" ->
              value.isEmpty()
                  ? ""
                  : title(value.substring(0, value.offsetByCodePoints(0, 1)))
                      + value.substring(value.offsetByCodePoints(0, 1)).toLowerCase(Locale.ROOT);
          case "swapcase" -> swapped(value);
          default -> title(value);
        });
  }

  private static String title(String value) {
    var out = new StringBuilder(value.length());
    boolean inside = false;
    for (int point : value.codePoints().toArray()) {
      out.appendCodePoint(inside ? Character.toLowerCase(point) : Character.toTitleCase(point));
      inside = Character.isLetter(point);
    }
    return out.toString();
  }

  private static String swapped(String value) {
    var out = new StringBuilder(value.length());
    value
        .codePoints()
        .map(c -> Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c))
        .forEach(out::appendCodePoint);
    return out.toString();
  }

  private static List<Object> split(Text text, Object separator, int most) {
    var parts = new ArrayList<Object>();
    if (separator instanceof None) {
      return words(text, most);
    }
    String between = nonEmpty(separator);
    int at = 0;
    int found = text.value().indexOf(between);
    while (found >= 0 && (most < 0 || parts.size() < most)) {
      parts.add(text.slice(at, found));
      at = found + between.length();
      found = text.value().indexOf(between, at);
    }
    parts.add(text.slice(at, text.units()));
    return parts;
  }

  private static List<Object> words(Text text, int most) {
    var parts = new ArrayList<Object>();
    Text rest = strip(text, None.NONE, true, false);
    while (!rest.isEmpty()) {
      int end = 0;
      while (end < rest.units() && !isSpace(rest.value().charAt(end))) {
        end++;
      }
      boolean last = most >= 0 && parts.size() >= most;
      parts.add(last ? rest : rest.slice(0, end));
      rest = last ? Text.EMPTY : strip(rest.slice(end, rest.units()), None.NONE, true, false);
    }
    return parts;
  }

  private static List<Object> splitFromEnd(Text text, Object separator, int most) {
    if (most < 0) {
      return split(text, separator, -1);
    }
    var parts = new ArrayList<Object>();
    Text rest = text;
    while (parts.size() < most) {
      if (separator instanceof None) {
        rest = strip(rest, None.NONE, false, true);
      }
      int[] gap = lastGap(rest, separator);
      if (gap[0] < 0) {
        break;
      }
      parts.addFirst(rest.slice(gap[1], rest.units()));
      rest = rest.slice(0, gap[0]);
    }
    if (separator instanceof None) {
      rest = strip(rest, None.NONE, false, true);
    }
    if (!(separator instanceof None) || !strip(rest, None.NONE, true, false).isEmpty()) {
      parts.addFirst(rest);
    }
    return parts;
  }

  /** Where the last separator begins and ends; -1 where there is none. */
  private static int[] lastGap(Text text, Object separator) {
    if (!(separator instanceof None)) {
      String between = nonEmpty(separator);
      int found = text.value().lastIndexOf(between);
      return new int[] {found, found + between.length()};
    }
    int wordEnd = strip(text, None.NONE, false, true).units();
    int wordStart = wordEnd;
    while (wordStart > 0 && !isSpace(text.value().charAt(wordStart - 1))) {
      wordStart--;
    }
    return new int[] {wordStart == 0 ? -1 : wordStart, wordStart};
  }

  private static String nonEmpty(Object separator) {
    Text text = Values.needText(separator);
    if (text.isEmpty()) {
      throw new JinjaException("ValueError", "empty separator");
    }
    return text.value();
  }

  private static List<Object> lines(Text text, boolean keepEnds) {
    var lines = new ArrayList<Object>();
    String value = text.value();
    int at = 0;
    while (at < value.length()) {
      int end = at;
      while (end < value.length()
          && "\n\r\u000B\f\u001C\u001D\u001E\u0085\u2028\u2029".indexOf(value.charAt(end)) < 0) {
        end++;
      }
      int next = value.startsWith("\r\n", end) ? end + 2 : Math.min(end + 1, value.length());
      lines.add(text.slice(at, keepEnds ? next : end));
      at = next;
    }
    return lines;
  }

  private static Tuple partition(Text text, Text separator, boolean last) {
    String between = nonEmpty(separator);
    int found = last ? text.value().lastIndexOf(between) : text.value().indexOf(between);
    if (found < 0) {
      return last ? Tuple.of(Text.EMPTY, Text.EMPTY, text) : Tuple.of(text, Text.EMPTY, Text.EMPTY);
    }
    int after = found + between.length();
    return Tuple.of(
        text.slice(0, found), text.slice(found, after), text.slice(after, text.units()));
  }

  private static boolean affix(Text text, Object affix, boolean start) {
    if (affix instanceof Tuple tuple) {
      return tuple.items().stream().anyMatch(one -> affix(text, one, start));
    }
    String wanted = Values.needText(affix).value();
    return start ? text.value().startsWith(wanted) : text.value().endsWith(wanted);
  }

  private static Text without(Text text, CallArguments arguments, String name) {
    Text affix = arguments.text(0, "affix");
    if (name.equals("removeprefix")) {
      return affix(text, affix, true) ? text.slice(affix.units(), text.units()) : text;
    }
    return affix(text, affix, false) ? text.slice(0, text.units() - affix.units()) : text;
  }

  static Text replace(Text text, Text old, Text now, int most) {
    var out = new TextBuilder();
    int at = 0;
    int done = 0;
    int found = text.value().indexOf(old.value());
    while (found >= 0 && (most < 0 || done < most)) {
      out.append(text.slice(at, found)).append(now);
      done++;
      at = found + old.units();
      if (old.isEmpty()) {
        if (found >= text.units()) {
          break;
        }
        out.append(text.slice(found, found + 1));
        at = found + 1;
      }
      found = text.value().indexOf(old.value(), at);
    }
    return out.append(text.slice(at, text.units())).toText().asSafe(text.safe());
  }

  static Text join(Text separator, List<Object> items) {
    var out = new TextBuilder();
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) {
        out.append(separator);
      }
      if (!(items.get(i) instanceof Text item)) {
        Values.failUndefined(items.get(i));
        throw JinjaException.typeError(
            "sequence item %d: expected str instance, %s found"
                .formatted(i, Values.typeName(items.get(i))));
      }
      out.append(separator.safe() ? item.escaped() : item);
    }
    return out.toText().asSafe(separator.safe());
  }

  private static Callable searched(Text text, String name) {
    return arguments -> {
      String wanted = arguments.text(0, "sub").value();
      if (name.equals("count")) {
        return occurrences(text.value(), wanted);
      }
      int from = Math.clamp(arguments.integer(1, "start", 0), 0, text.length());
      int start = text.offset(from);
      int found =
          name.startsWith("r")
              ? text.value().lastIndexOf(wanted)
              : text.value().indexOf(wanted, start);
      if (found < 0 && name.endsWith("index")) {
        throw new JinjaException("ValueError", "substring not found");
      }
      return found < 0 ? -1L : (long) text.value().codePointCount(0, found);
    };
  }

  private static long occurrences(String text, String wanted) {
    if (wanted.isEmpty()) {
      return text.codePointCount(0, text.length()) + 1L;
    }
    long count = 0;
    for (int at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length())) {
      count++;
    }
    return count;
  }

  private static Text padded(Text text, String name, CallArguments arguments) {
    int width = arguments.integer(0, "width", 0);
    Budget.check(width);
    int missing = Math.max(0, width - text.length());
    Text fill =
        name.equals("zfill")
            ? Text.of("0")
            : Values.needText(arguments.get(1, "fillchar", Text.of(" ")));
    var out = new TextBuilder();
    boolean signed =
        name.equals("zfill") && (text.value().startsWith("-") || text.value().startsWith("+"));
    int left =
        switch (name) {
          case "ljust" -> 0;
          case "center" -> missing / 2 + (missing & width & 1);
          default -> missing;
        };
    if (signed) {
      out.append(text.slice(0, 1));
    }
    fill(out, fill, left);
    out.append(text.slice(signed ? 1 : 0, text.units()));
    fill(out, fill, missing - left);
    return out.toText().asSafe(text.safe());
  }

  private static void fill(TextBuilder out, Text fill, int times) {
    for (int i = 0; i < times; i++) {
      out.append(fill);
    }
  }

  private static @Nullable Callable tested(Text text, String name) {
    IntPredicate each =
        switch (name) {
          case "isdigit", "isdecimal" -> Character::isDigit;
          case "isnumeric" ->
              c ->
                  Character.isDigit(c)
                      || Character.getType(c) == Character.OTHER_NUMBER
                      || Character.getType(c) == Character.LETTER_NUMBER;
          case "isalpha" -> Character::isLetter;
          case "isalnum" -> Character::isLetterOrDigit;
          case "isspace" -> TextMethods::isSpace;
          case "isascii" -> c -> c < 128;
          default -> null;
        };
    if (each != null) {
      boolean empty = name.equals("isascii");
      return arguments -> text.isEmpty() ? empty : text.value().codePoints().allMatch(each);
    }
    return switch (name) {
      case "isupper" ->
          arguments -> oneCase(text.value(), Character::isUpperCase, Character::isLowerCase);
      case "islower" ->
          arguments -> oneCase(text.value(), Character::isLowerCase, Character::isUpperCase);
      default -> null;
    };
  }

  static boolean oneCase(String value, IntPredicate wanted, IntPredicate unwanted) {
    return value.codePoints().anyMatch(wanted) && value.codePoints().noneMatch(unwanted);
  }
}
