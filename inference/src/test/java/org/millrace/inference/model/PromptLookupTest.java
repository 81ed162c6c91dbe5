package org.millrace.inference.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.PromptLookup;
import org.millrace.inference.api.Tokenizer;

class PromptLookupTest {
  /** Ends a turn in the tiny models' vocabulary. */
  private static final int END = 2;

  @TempDir Path folder;

  private Tokenizer tokenizer() {
    return ModelFiles.tokenizer(new TinyModel("llama").write(folder.resolve("tiny.gguf")));
  }

  private static int[] guessed(PromptLookup lookup, int limit, int... known) {
    int[] tokens = Arrays.copyOf(known, known.length + 16);
    int count = lookup.guess(tokens, known.length, limit);
    return Arrays.copyOfRange(tokens, known.length, known.length + count);
  }

  private static String text(int[] tokens) {
    return Arrays.toString(tokens);
  }

  @Test
  void whatFollowedTheLastTokensBeforeIsGuessedAgain() {
    var lookup = new PromptLookup(4, tokenizer());
    assertEquals("[8, 9, 4, 5]", text(guessed(lookup, 9, 5, 6, 7, 8, 9, 4, 5, 6, 7)));
    assertEquals("[8, 9]", text(guessed(lookup, 2, 5, 6, 7, 8, 9, 4, 5, 6, 7)));
    // The latest place wins, and a repetition goes on.
    assertEquals("[6, 5, 6, 5]", text(guessed(lookup, 9, 5, 6, 7, 5, 6, 5, 6, 5)));
    assertEquals("[]", text(guessed(lookup, 9, 5, 6, 7, 8, 9)));
    assertEquals("[]", text(guessed(new PromptLookup(0, tokenizer()), 9, 5, 6, 5, 6, 5, 6)));
  }

  @Test
  void anEndIsNeverGuessed() {
    var lookup = new PromptLookup(4, tokenizer());
    assertEquals("[8]", text(guessed(lookup, 9, 5, 6, 7, 8, END, 4, 5, 6, 7)));
  }

  @Test
  void wrongGuessesMakeItModest() {
    var lookup = new PromptLookup(8, tokenizer());
    lookup.outcome(8, 1);
    assertEquals(2, guessed(lookup, 9, 5, 6, 5, 6, 5, 6).length);
    lookup.outcome(2, 2);
    assertEquals(4, guessed(lookup, 9, 5, 6, 5, 6, 5, 6).length);
    lookup.outcome(4, 0);
    assertEquals(1, guessed(lookup, 9, 5, 6, 5, 6, 5, 6).length);
    assertEquals(0, guessed(lookup, 0, 5, 6, 5, 6, 5, 6).length);
  }
}
