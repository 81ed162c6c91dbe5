package org.millrace.serving.api;

import java.util.List;

/** One thing that happened to a request, in order. */
public sealed interface CompletionEvent {

  /**
   * Text of a choice. Tokens whose text is not complete yet come with a later one.
   *
   * @param choice index over prompts and their choices
   * @param tokens how many generated tokens this text stands for
   * @param scores one per token where log-probabilities were asked for, else empty
   */
  record Delta(int choice, String text, int tokens, List<TokenScore> scores)
      implements CompletionEvent {}

  /** A choice is at its end. */
  record ChoiceFinished(int choice, FinishReason reason) implements CompletionEvent {}

  /** All choices are at their end and the request is settled: the last event. */
  record Completed(RequestUsage usage) implements CompletionEvent {}

  /** The request failed after it was admitted; what was delivered is settled: the last event. */
  record Failed(ServingError error, String message) implements CompletionEvent {}

  /** Why a choice ended. */
  enum FinishReason {
    STOP,
    LENGTH,
    CANCELLED
  }

  /** Log-probabilities of one token, as text and bytes. */
  record TokenScore(String token, byte[] bytes, float logprob, List<TokenScore> top) {}

  /** Tokens and cost of the whole request. {@code cost} is a plain decimal. */
  record RequestUsage(
      int promptTokens, int cachedTokens, int completionTokens, String cost, String currency) {}
}
