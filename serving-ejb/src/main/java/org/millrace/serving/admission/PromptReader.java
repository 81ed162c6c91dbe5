package org.millrace.serving.admission;

import static org.millrace.serving.admission.Refusals.invalid;
import static org.millrace.serving.admission.Refusals.tooLong;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.Conversation;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.InvalidRequestException;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.CompletionRequest.Chat;
import org.millrace.serving.api.CompletionRequest.Prompt;
import org.millrace.serving.api.CompletionRequest.Text;
import org.millrace.serving.api.CompletionRequest.Tokens;
import org.millrace.serving.config.ServingConfig;
import org.millrace.serving.request.RequestSpec.PromptTokens;

/**
 * Prompts to tokens, within the bounds of text, context and cache. Size is looked at before any
 * work is done on it.
 */
final class PromptReader {
  private final ServingConfig.Requests limits;

  PromptReader(ServingConfig.Requests limits) {
    this.limits = limits;
  }

  List<PromptTokens> read(CompletionRequest request, Engine engine) {
    int contextTokens = engine.model().contextTokens();
    long characters = 0;
    for (Prompt prompt : request.prompts()) {
      characters += size(prompt);
      if (characters > limits.promptCharactersMax()) {
        throw tooLong(
            parameter(prompt),
            "the prompt has more than %d characters, which is the limit"
                .formatted(limits.promptCharactersMax()));
      }
      if (prompt instanceof Tokens(List<Integer> tokens) && tokens.size() > contextTokens) {
        throw promptTooLong(prompt, tokens.size(), contextTokens);
      }
    }
    var prompts = new ArrayList<PromptTokens>(request.prompts().size());
    for (Prompt prompt : request.prompts()) {
      prompts.add(bounded(prompt, tokens(prompt, engine), request.maxTokens(), engine));
    }
    return List.copyOf(prompts);
  }

  private static int[] tokens(Prompt prompt, Engine engine) {
    int[] tokens = encode(prompt, engine);
    if (tokens.length == 0) {
      throw invalid(parameter(prompt), "the prompt has 0 tokens; it needs at least 1");
    }
    return tokens;
  }

  private static int[] encode(Prompt prompt, Engine engine) {
    try {
      return switch (prompt) {
        case Chat(var messages, var tools) -> {
          if (messages.isEmpty()) {
            throw invalid("messages", "there are 0 messages; at least 1 is needed");
          }
          yield engine.chat().encode(new Conversation(messages, tools, true));
        }
        case Text(String text) -> engine.tokenizer().encode(text, true, false);
        case Tokens(List<Integer> tokens) ->
            checkedIds(tokens, engine.tokenizer().vocabularySize());
      };
    } catch (InvalidRequestException refused) {
      throw invalid(refused.parameter(), String.valueOf(refused.getMessage()));
    }
  }

  private static int[] checkedIds(List<Integer> tokens, int vocabularySize) {
    int[] ids = new int[tokens.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = tokens.get(i);
      if (ids[i] < 0 || ids[i] >= vocabularySize) {
        throw invalid(
            "prompt",
            "prompt token %d is %d; it must be from 0 to %d"
                .formatted(i, ids[i], vocabularySize - 1));
      }
    }
    return ids;
  }

  private PromptTokens bounded(
      Prompt prompt, int[] tokens, @Nullable Integer maxTokens, Engine engine) {
    int context = engine.model().contextTokens();
    if (tokens.length >= context) {
      throw promptTooLong(prompt, tokens.length, context);
    }
    if (maxTokens != null && (long) tokens.length + maxTokens > context) {
      throw tooLong(
          parameter(prompt),
          "the prompt is %d tokens and max_tokens is %d, together %d; the model's context is %d tokens"
              .formatted(tokens.length, maxTokens, (long) tokens.length + maxTokens, context));
    }
    int cache = (int) Math.min(Integer.MAX_VALUE, cacheTokens(engine));
    int left = Math.min(context, cache) - tokens.length;
    int wanted = maxTokens != null ? maxTokens : Math.min(left, limits.completionTokensMax());
    if (wanted < 1 || wanted > left) {
      throw tooLong(
          parameter(prompt),
          "the prompt is %d tokens with %d to generate; the server's cache holds %d tokens"
              .formatted(tokens.length, Math.max(1, wanted), cache));
    }
    return new PromptTokens(tokens, wanted);
  }

  private static long cacheTokens(Engine engine) {
    return (long) engine.blocks().totalBlocks() * engine.blocks().blockTokens();
  }

  private static RuntimeException promptTooLong(Prompt prompt, int tokens, int context) {
    return tooLong(
        parameter(prompt),
        "the prompt is %d tokens; the model's context is %d tokens, of which at least 1 is for the answer"
            .formatted(tokens, context));
  }

  private static String parameter(Prompt prompt) {
    return prompt instanceof Chat ? "messages" : "prompt";
  }

  /**
   * Characters of all texts, and one for every other node, so that a tree of empty nodes is bounded
   * too.
   */
  private static long size(Prompt prompt) {
    return switch (prompt) {
      case Chat(var messages, var tools) -> size(messages) + size(tools);
      case Text(String text) -> text.length();
      case Tokens(List<Integer> tokens) -> tokens.size();
    };
  }

  private static long size(@Nullable Object node) {
    long sum = 1;
    switch (node) {
      case CharSequence text -> sum += text.length();
      case List<?> list -> {
        for (Object item : list) {
          sum += size(item);
        }
      }
      case Map<?, ?> map -> {
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          sum += size(entry.getKey()) + size(entry.getValue());
        }
      }
      case null, default -> {}
    }
    return sum;
  }
}
