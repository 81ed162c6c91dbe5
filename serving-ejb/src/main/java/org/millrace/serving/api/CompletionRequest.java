package org.millrace.serving.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One API request for completions.
 *
 * @param requestId unique; what the client sees as {@code x-request-id}, and the id of hold and
 *     usage record
 * @param model the served model's name
 * @param prompts one choice group each; {@code /v1/chat/completions} has exactly one
 * @param choices completions per prompt, {@code n}
 * @param maxTokens most tokens to generate per choice; {@code null} for what the context leaves,
 *     within the server's limit
 * @param stop up to four texts that end a choice and are not part of it
 * @param sampling how tokens are drawn; unset values take the model's defaults
 * @param format what every choice must look like, {@code null} for anything
 */
public record CompletionRequest(
    String requestId,
    String model,
    List<Prompt> prompts,
    int choices,
    @Nullable Integer maxTokens,
    List<String> stop,
    Sampling sampling,
    @Nullable Format format) {

  /** With choices that may look like anything. */
  public CompletionRequest(
      String requestId,
      String model,
      List<Prompt> prompts,
      int choices,
      @Nullable Integer maxTokens,
      List<String> stop,
      Sampling sampling) {
    this(requestId, model, prompts, choices, maxTokens, stop, sampling, null);
  }

  /**
   * What a choice must look like.
   *
   * @param parameter which of the request's parameters said so, for refusals
   */
  public record Format(String parameter, Form form) {}

  /** The ways to say it. */
  public sealed interface Form {}

  /** One JSON object, whatever is in it. */
  public record JsonObject() implements Form {}

  /**
   * JSON that is valid under a schema.
   *
   * @param schema JSON text
   */
  public record JsonSchema(String schema) implements Form {}

  /** A text that a regular expression matches as a whole. */
  public record Regex(String pattern) implements Form {}

  /** One of these texts. */
  public record Choice(List<String> choices) implements Form {}

  /** A text of a grammar in llama.cpp's notation (GBNF). */
  public record Grammar(String rules) implements Form {}

  /** What to complete. */
  public sealed interface Prompt {}

  /**
   * A conversation, rendered by the model's template.
   *
   * @param messages plain JSON trees with at least {@code role}
   * @param tools function definitions, empty for none
   */
  public record Chat(List<Map<String, Object>> messages, List<Map<String, Object>> tools)
      implements Prompt {}

  /** Raw text. */
  public record Text(String text) implements Prompt {}

  /** Raw token ids. */
  public record Tokens(List<Integer> tokens) implements Prompt {}

  /** {@code null}: the model's default. Ranges as OpenAI's API has them. */
  public record Sampling(
      @Nullable Float temperature,
      @Nullable Float topP,
      @Nullable Integer topK,
      @Nullable Float minP,
      @Nullable Float repetitionPenalty,
      @Nullable Float presencePenalty,
      @Nullable Float frequencyPenalty,
      @Nullable Long seed,
      Map<Integer, Float> logitBias,
      boolean logprobs,
      int topLogprobs) {}
}
