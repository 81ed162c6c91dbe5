package org.millrace.demomodel.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.millrace.demomodel.corpus.Message;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.api.Conversation;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.StepPlan;

/**
 * Answers with Millrace's own engine, as serving does: the file's chat template, its tokenizer, a
 * step for the prompt and one for each token. Not thread-safe.
 */
public final class EngineRespondent implements Respondent {
  private final Engine engine;

  public EngineRespondent(Engine engine) {
    this.engine = engine;
  }

  @Override
  public Reply reply(List<Message> messages, int tokensMax) {
    int[] prompt = engine.chat().encode(conversation(messages));
    var sampler = engine.sampler(SamplingParams.greedy(), prompt);
    int[] tokens = Arrays.copyOf(prompt, prompt.length + tokensMax);
    var blocks = new BlockTable();
    try {
      if (!engine.blocks().reserve(blocks, tokens.length)) {
        throw new IllegalStateException(
            "the cache has no room for %d tokens".formatted(tokens.length));
      }
      int known = prompt.length;
      int computed = 0;
      while (known < tokens.length) {
        var slice = new StepPlan.Slice(tokens, computed, known - computed, blocks, sampler);
        int next = sampled(engine.run(new StepPlan(List.of(slice))).sampled());
        if (engine.tokenizer().endsGeneration(next)) {
          return new Reply(text(tokens, prompt.length, known), true);
        }
        computed = known;
        tokens[known++] = next;
      }
      return new Reply(text(tokens, prompt.length, known), false);
    } finally {
      engine.blocks().release(blocks);
    }
  }

  private static int sampled(List<@Nullable SampledToken> sampled) {
    return Objects.requireNonNull(sampled.getFirst(), "a sampler was given").token();
  }

  private String text(int[] tokens, int from, int to) {
    return engine.tokenizer().decode(Arrays.copyOfRange(tokens, from, to), false);
  }

  private static Conversation conversation(List<Message> messages) {
    List<Map<String, Object>> trees = new ArrayList<>();
    for (Message message : messages) {
      Map<String, Object> tree = new HashMap<>();
      tree.put("role", message.role());
      tree.put("content", message.text());
      trees.add(tree);
    }
    return new Conversation(trees, List.of(), true);
  }
}
