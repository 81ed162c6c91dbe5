package org.millrace.serving.stream;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Tokenizer;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.api.CompletionEvent.TokenScore;

/**
 * One choice's tokens on their way to text. Text that may be the beginning of a stop text is held
 * back. A token counts as handed out as soon as the first character of its text is. Used by the
 * engine thread alone.
 */
public final class ChoiceText {
  private final int choice;
  private final Tokenizer tokenizer;
  private final Tokenizer.TextStream decoder;
  private final StopTexts stops;
  private final boolean scored;
  private final StringBuilder text = new StringBuilder();
  // Tokens none of whose text is out yet, with the place in the choice's whole text where theirs
  // starts.
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private int taken;
  private boolean stopped;

  private record Waiting(int start, @Nullable TokenScore score) {}

  public ChoiceText(int choice, Tokenizer tokenizer, List<String> stops, boolean scored) {
    this.choice = choice;
    this.tokenizer = tokenizer;
    this.decoder = tokenizer.stream();
    this.stops = new StopTexts(stops);
    this.scored = scored;
  }

  /** Adds a token. Returns whether a stop text is now complete; the choice then ends. */
  public boolean add(SampledToken sampled) {
    waiting.add(new Waiting(taken + text.length(), scored ? score(sampled) : null));
    text.append(decoder.append(sampled.token()));
    return cutAtStop();
  }

  /** What may be handed out now, or {@code null}. */
  public @Nullable Delta take() {
    return take(text.length() - stops.heldBack(text), false);
  }

  /** All that is left at the choice's end, or {@code null} where no text and no score is. */
  public @Nullable Delta finish() {
    if (!stopped) {
      text.append(decoder.finish());
      cutAtStop();
    }
    return take(text.length(), true);
  }

  private boolean cutAtStop() {
    int at = stops.find(text);
    if (at >= 0) {
      stopped = true;
      text.setLength(at);
      // Tokens whose text lies behind the cut are never shown.
      waiting.removeIf(token -> token.start >= taken + at);
    }
    return stopped;
  }

  private @Nullable Delta take(int length, boolean all) {
    int end = taken + length;
    int tokens = 0;
    List<TokenScore> scores = scored ? new ArrayList<>() : List.of();
    for (Waiting next = waiting.peek();
        next != null && (all || next.start < end);
        next = waiting.peek()) {
      waiting.remove();
      tokens++;
      if (next.score != null) {
        scores.add(next.score);
      }
    }
    if (length == 0 && scores.isEmpty()) {
      return null;
    }
    String out = text.substring(0, length);
    text.delete(0, length);
    taken = end;
    return new Delta(choice, out, tokens, List.copyOf(scores));
  }

  private TokenScore score(SampledToken sampled) {
    var top = new ArrayList<TokenScore>(sampled.top().size());
    for (SampledToken.TokenLogprob likely : sampled.top()) {
      top.add(score(likely.token(), likely.logprob(), List.of()));
    }
    return score(sampled.token(), sampled.logprob(), List.copyOf(top));
  }

  private TokenScore score(int token, float logprob, List<TokenScore> top) {
    byte[] bytes = tokenizer.bytes(token);
    String shown =
        bytes.length == 0 ? tokenizer.piece(token) : new String(bytes, StandardCharsets.UTF_8);
    return new TokenScore(shown, bytes, logprob, top);
  }
}
