package org.millrace.serving.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.millrace.inference.api.SampledToken;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.simulation.ByteTokenizer;

/** A token here is a byte: stop texts are split within words, and characters within themselves. */
class StopTextsTest {
  private final ByteTokenizer tokenizer = new ByteTokenizer();

  /** What a reader gets, piece by piece, and whether the choice was stopped. */
  private record Read(List<String> pieces, boolean stopped) {
    String text() {
      return String.join("", pieces);
    }
  }

  private Read read(String text, List<String> stops) {
    var choice = new ChoiceText(0, tokenizer, stops, false);
    var pieces = new ArrayList<String>();
    boolean stopped = false;
    for (int token : tokenizer.encode(text, false, false)) {
      stopped = choice.add(new SampledToken(token, 0, List.of()));
      if (stopped) {
        break;
      }
      keep(choice.take(), pieces);
    }
    keep(choice.finish(), pieces);
    return new Read(pieces, stopped);
  }

  private static void keep(@Nullable Delta delta, List<String> pieces) {
    if (delta != null) {
      pieces.add(delta.text());
    }
  }

  @Test
  void aStopTextIsFoundAcrossTokensAndInsideCharacters() {
    assertEquals("one ", read("one END two", List.of("END")).text());
    assertEquals("é", read("é\ud83d\ude00ü", List.of("\ud83d\ude00")).text());
    assertEquals("a", read("a中文b", List.of("文b", "中文")).text());
    assertEquals("ENDEEN", read("ENDEEN", List.of("EEN ")).text());
    assertEquals("", read("stop", List.of("stop")).text());
  }

  @Test
  void nothingIsHeldBackThatCannotBecomeAStopText() {
    var read = read("aab aac", List.of("aaa"));
    assertEquals("aab aac", read.text());
    assertTrue(read.pieces.contains("aab"), read.pieces.toString());
  }

  @Test
  void whateverTheTextAReaderGetsItUpToTheStopTextThatWasCompleteFirst() {
    var random = new Random(9);
    String[] letters = {"a", "b", "é", "中", "\ud83d\ude00", "\n"};
    for (int round = 0; round < 20_000; round++) {
      String text = random(random, letters, 12);
      var stops = new ArrayList<String>();
      for (int i = random.nextInt(4); i > 0; i--) {
        stops.add(random(random, letters, 3));
      }
      int end = firstEnd(text, stops);
      String seen = text.substring(0, end);
      int cut =
          stops.stream().mapToInt(seen::indexOf).filter(at -> at >= 0).min().orElse(seen.length());
      var read = read(text, stops);
      assertEquals(seen.substring(0, cut), read.text(), text + " " + stops);
      assertEquals(stops.stream().anyMatch(seen::contains), read.stopped, text + " " + stops);
    }
  }

  private static String random(Random random, String[] letters, int longest) {
    var text = new StringBuilder();
    for (int i = random.nextInt(longest); i >= 0; i--) {
      text.append(letters[random.nextInt(letters.length)]);
    }
    return text.toString();
  }

  /** Where the first stop text is complete; else the text's end. */
  private static int firstEnd(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      String seen = text.substring(0, end);
      if (stops.stream().anyMatch(seen::contains)) {
        return end;
      }
    }
    return text.length();
  }
}
