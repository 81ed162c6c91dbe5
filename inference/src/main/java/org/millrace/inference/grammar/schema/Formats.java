package org.millrace.inference.grammar.schema;

import java.util.Map;
import java.util.TreeSet;
import org.millrace.inference.grammar.expression.Expression;
import org.millrace.inference.grammar.syntax.RegexParser;

/**
 * The formats of strings, as expressions: RFC 3339 for dates and times, RFC 4122 for UUIDs, and for
 * addresses a well-behaved part of what their RFCs allow.
 */
final class Formats {
  private static final String YEAR = "\\d{4}";
  private static final String LEAP_YEAR =
      "(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
  private static final String DATE =
      "(?:%s-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))|%s-02-29)"
          .formatted(YEAR, LEAP_YEAR);
  private static final String TIME =
      "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:0\\d|1[0-7]):[0-5]\\d)";
  private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final String LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?";
  private static final String HOST = LABEL + "(?:\\." + LABEL + "){0,5}";
  private static final String GROUP = "[0-9a-fA-F]{1,4}";

  private static final Map<String, String> PATTERNS =
      Map.of(
          "date",
          DATE,
          "time",
          TIME,
          "date-time",
          DATE + "T" + TIME,
          "duration",
          "P(?:\\d{1,4}W|\\d{1,4}Y(?:\\d{1,4}M(?:\\d{1,4}D)?)?|\\d{1,4}M(?:\\d{1,4}D)?|\\d{1,4}D|T(?:\\d{1,4}H(?:\\d{1,4}M(?:\\d{1,4}S)?)?|\\d{1,4}M(?:\\d{1,4}S)?|\\d{1,4}S))",
          "uuid",
          "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
          "email",
          "[a-zA-Z0-9_+-]{1,32}(?:\\.[a-zA-Z0-9_+-]{1,16})?@"
              + LABEL
              + "(?:\\."
              + LABEL
              + "){0,3}\\.[a-zA-Z]{2,12}",
          "ipv4",
          OCTET + "(?:\\." + OCTET + "){3}",
          "ipv6",
          GROUP + "(?::" + GROUP + "){7}",
          "hostname",
          HOST,
          "uri",
          "https?://"
              + HOST
              + "(?::[1-9]\\d{0,3})?(?:/[a-zA-Z0-9._~-]*)*(?:\\?[a-zA-Z0-9._~=&-]*)?(?:#[a-zA-Z0-9._~-]*)?");

  private Formats() {}

  /** The texts of a format; where it is not known the refusal names those that are. */
  static Expression of(View.Found format) {
    String pattern = PATTERNS.get(format.text());
    if (pattern == null) {
      throw format.unsupported(
          "the format '%s' is not known; known are %s"
              .formatted(
                  format.text().length() <= 60 ? format.text() : "...",
                  String.join(", ", new TreeSet<>(PATTERNS.keySet()))));
    }
    return RegexParser.whole(pattern);
  }
}
