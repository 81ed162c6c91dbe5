package org.millrace.webapi.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However a text is cut into pieces, the same parts are found in it. */
class CallReaderTest {
  private static final ToolUse CALLS = use(ToolUse.Form.CALLS, true);
  private static final ToolUse FREE = use(ToolUse.Form.FREE, true);

  private static ToolUse use(ToolUse.Form form, boolean several) {
    return new ToolUse(form, List.of("weather", "search"), several);
  }

  /** Calls as {@code name(arguments)}, and text, in the order in which they came. */
  private static List<String> read(ToolUse use, String text) {
    List<String> first = List.of();
    for (int piece : new int[] {1, 2, 3, 7, 1_000}) {
      var reader = CallReader.of(use);
      var parts = new ArrayList<AnswerPart>();
      for (int i = 0; i < text.length(); i += piece) {
        parts.addAll(reader.add(text.substring(i, Math.min(text.length(), i + piece))));
      }
      parts.addAll(reader.end());
      var found = joined(parts);
      if (piece == 1) {
        first = found;
      }
      assertEquals(first, found, "in pieces of " + piece);
    }
    return first;
  }

  private static List<String> joined(List<AnswerPart> parts) {
    var lines = new ArrayList<String>();
    var text = new StringBuilder();
    for (AnswerPart part : parts) {
      switch (part) {
        case AnswerPart.Text(String more) -> text.append(more);
        case AnswerPart.Start(int call, String function) -> {
          assertEquals(lines.size(), call);
          lines.add(function + " ");
        }
        case AnswerPart.Arguments(int call, String json) -> lines.set(call, lines.get(call) + json);
      }
    }
    if (!text.isEmpty()) {
      lines.add(text.toString());
    }
    return lines;
  }

  @Test
  void allTextIsArgumentsWhereOneFunctionMustBeCalled() {
    assertEquals(
        List.of("weather {\"city\": \"Ulm\"}"),
        read(use(ToolUse.Form.ARGUMENTS, false), "{\"city\": \"Ulm\"}"));
    assertEquals(List.of(), read(use(ToolUse.Form.ARGUMENTS, false), ""));
  }

  @Test
  void forcedCallsAreReadOneByOne() {
    assertEquals(
        List.of("weather {\"city\":\"}{\\\"]\\\\\",\"d\":[{}]}", "search {}"),
        read(
            CALLS,
            "[{\"name\":\"weather\",\"arguments\":{\"city\":\"}{\\\"]\\\\\",\"d\":[{}]}}, {\"name\": \"search\", \"arguments\": {}}]"));
  }

  @Test
  void aForcedCallThatWasCutShortHasWhatThereIs() {
    assertEquals(
        List.of("weather {\"city\":\"Ul"),
        read(CALLS, "{\"name\":\"weather\",\"arguments\":{\"city\":\"Ul"));
    assertEquals(List.of(), read(CALLS, "[{\"name\":\"wea"));
  }

  @Test
  void callsBetweenMarksAreFoundAndTheTextBeforeThemStays() {
    assertEquals(
        List.of("weather {\"city\":\"Ulm\"}", "search {}", "Let me see.\n"),
        read(
            FREE,
            """
            Let me see.
            <tool_call>
            {"name": "weather", "arguments": {"city": "Ulm"}}
            </tool_call>
            <tool_call>{"name": "search"}</tool_call>\
            """));
  }

  @Test
  void anAnswerThatIsACallIsOne() {
    assertEquals(
        List.of("weather {\"city\":\"Ulm\"}"),
        read(FREE, " {\"name\": \"weather\", \"parameters\": {\"city\": \"Ulm\"}}"));
    assertEquals(
        List.of("search {\"q\":1}"),
        read(FREE, "{\"type\": \"function\", \"name\": \"search\", \"arguments\": {\"q\": 1}}"));
  }

  @Test
  void aMarkThatTheModelForgotToCloseIsStillACall() {
    assertEquals(
        List.of("search {}"), read(FREE, "<tool_call>{\"name\":\"search\",\"arguments\":{}}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Hello",
        "",
        " \n ",
        "a < b and <tool",
        "<tool_calls>",
        "{\"name\": \"weather\", \"arguments\": 5}",
        "{\"name\": \"unknown\", \"arguments\": {}}",
        "{\"name\": ",
        "{\"answer\": 42}",
        "{}",
        "<tool_call>not JSON</tool_call> more",
        "<tool_call>{\"name\":\"unknown\",\"arguments\":{}}</tool_call>",
        "<tool_call>{\"name\":\"weather\"",
      })
  void whatIsNoCallStaysText(String text) {
    assertEquals(text.isEmpty() ? List.of() : List.of(text), read(FREE, text));
  }

  @Test
  void whereOneCallIsWantedTheOthersAreLeftOut() {
    var two =
        "<tool_call>{\"name\":\"search\"}</tool_call><tool_call>{\"name\":\"weather\"}</tool_call>";
    assertEquals(List.of("search {}"), read(use(ToolUse.Form.FREE, false), two));
  }
}
