package org.millrace.demomodel.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import org.millrace.demomodel.bpe.Vocabulary;
import org.millrace.demomodel.corpus.Message;
import org.millrace.demomodel.train.LlamaForward;
import org.millrace.demomodel.train.Sample;

/**
 * Answers with the trainer's own forward pass, always taking the likeliest token. It computes the
 * whole text for every token, which is good enough for short answers. Not thread-safe.
 */
public final class GreedyDecoder implements Respondent {
  private static final float HIDDEN = -1e9f;

  private final LlamaForward forward;
  private final Vocabulary vocabulary;
  private final NDManager manager;

  public GreedyDecoder(LlamaForward forward, Vocabulary vocabulary, NDManager manager) {
    this.forward = forward;
    this.vocabulary = vocabulary;
    this.manager = manager;
  }

  @Override
  public Reply reply(List<Message> messages, int tokensMax) {
    int[] prompt = Sample.prompt(messages, vocabulary);
    int end = vocabulary.special(Vocabulary.END_OF_TURN);
    int[] text = prompt;
    while (text.length < prompt.length + tokensMax) {
      int next = likeliest(text);
      if (next == end) {
        return new Reply(answer(text, prompt.length), true);
      }
      text = Arrays.copyOf(text, text.length + 1);
      text[text.length - 1] = next;
    }
    return new Reply(answer(text, prompt.length), false);
  }

  private String answer(int[] text, int from) {
    return vocabulary.decode(Arrays.copyOfRange(text, from, text.length));
  }

  private int likeliest(int[] text) {
    int length = text.length;
    try (NDManager scratch = manager.newSubManager()) {
      NDArray tokens = scratch.create(text, new Shape(1, length));
      NDArray mask = scratch.create(causal(length), new Shape(1, 1, length, length));
      NDArray last = scratch.create(new long[] {length - 1});
      return (int) forward.logits(tokens, mask, last).argMax().getLong();
    }
  }

  private static float[] causal(int length) {
    var mask = new float[length * length];
    for (int query = 0; query < length; query++) {
      Arrays.fill(mask, query * length + query + 1, (query + 1) * length, HIDDEN);
    }
    return mask;
  }
}
