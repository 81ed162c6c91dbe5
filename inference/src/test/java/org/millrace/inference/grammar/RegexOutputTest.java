package org.millrace.inference.grammar;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.inference.api.OutputFormat;

/** What is drawn under a regular expression, Java's own matcher accepts as a whole. */
class RegexOutputTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "[a-z]{1,7}@[a-z]{1,7}\\.(?:com|org)",
        "^(yes|no|maybe)$",
        "\\d{4}-\\d{2}(?:-\\d{2})?",
        "[^\\s\"'<>]{3,12}!",
        "(?<year>19|20)\\d\\d|n/a",
        "\\w{1,5}?(?:, \\w{2,6}?){0,3}\\.",
        "[\\u4e00-\\u9fff]{2,4}|\\x41{3}",
        "a|",
        "(?:(?:ab?)*c){2,}",
        "\\S.\\D\\W[\\w-]",
      })
  void whatIsDrawnMatches(String pattern) {
    int complete = 0;
    for (int seed = 0; seed < 30; seed++) {
      var output = Outputs.llama3().random(new OutputFormat.Regex(pattern), seed, 200);
      if (output.complete()) {
        complete++;
        assertTrue(Pattern.matches(pattern, output.text()), pattern + ": " + output.text());
      }
    }
    assertTrue(complete > 5, "only " + complete + " came to an end");
  }
}
