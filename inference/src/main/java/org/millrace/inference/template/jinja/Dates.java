package org.millrace.inference.template.jinja;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Python's {@code strftime}, in English. */
final class Dates {
  private Dates() {}

  static String format(String pattern, ZonedDateTime time) {
    var out = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c != '%' || i + 1 >= pattern.length()) {
        out.append(c);
        continue;
      }
      boolean unpadded = pattern.charAt(i + 1) == '-' && i + 2 < pattern.length();
      i += unpadded ? 2 : 1;
      String part = part(pattern.charAt(i), time);
      out.append(unpadded ? part.replaceFirst("^0+(?=.)", "") : part);
    }
    return out.toString();
  }

  private static String part(char directive, ZonedDateTime time) {
    return switch (directive) {
      case 'Y' -> of("uuuu", time);
      case 'y' -> of("uu", time);
      case 'm' -> of("MM", time);
      case 'B' -> of("MMMM", time);
      case 'b', 'h' -> of("MMM", time);
      case 'd' -> of("dd", time);
      case 'e' -> "%2d".formatted(time.getDayOfMonth());
      case 'A' -> of("EEEE", time);
      case 'a' -> of("EEE", time);
      case 'H' -> of("HH", time);
      case 'I' -> of("hh", time);
      case 'M' -> of("mm", time);
      case 'S' -> of("ss", time);
      case 'f' -> "%06d".formatted(time.getNano() / 1000);
      case 'p' -> of("a", time);
      case 'j' -> of("DDD", time);
      case 'u' -> String.valueOf(time.getDayOfWeek().getValue());
      case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
      case 'Z' -> of("zzz", time);
      case 'z' -> of("xx", time);
      case 'F' -> of("uuuu-MM-dd", time);
      case 'T', 'X' -> of("HH:mm:ss", time);
      case 'R' -> of("HH:mm", time);
      case 'D', 'x' -> of("MM/dd/uu", time);
      case 'c' ->
          of("EEE MMM ", time) + "%2d".formatted(time.getDayOfMonth()) + of(" HH:mm:ss uuuu", time);
      case 'n' -> "\n";
      case 't' -> "\t";
      case '%' -> "%";
      default -> "%" + directive;
    };
  }

  private static String of(String pattern, ZonedDateTime time) {
    return DateTimeFormatter.ofPattern(pattern, Locale.US).format(time);
  }
}
