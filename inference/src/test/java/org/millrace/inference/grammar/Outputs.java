package org.millrace.inference.grammar;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.Constraint;
import org.millrace.inference.api.ConstraintState;
import org.millrace.inference.api.Constraints;
import org.millrace.inference.api.OutputFormat;
import org.millrace.inference.api.Tokenizer;

/** What a model that knows nothing writes when it is kept to a format. */
final class Outputs {
  private static @Nullable Outputs shared;

  private final Tokenizer tokenizer;
  private final Constraints constraints;

  Outputs(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.constraints = Constraints.of(tokenizer);
  }

  /** Over Llama 3's vocabulary, made ready once. */
  static synchronized Outputs llama3() {
    if (shared == null) {
      shared = new Outputs(Vocabularies.llama3());
    }
    return shared;
  }

  /**
   * @param complete whether it came to its own end
   */
  record Output(String text, boolean complete) {}

  Constraint compile(OutputFormat format) {
    return constraints.compile(format);
  }

  /**
   * Draws from the allowed tokens, all alike, but now and then one that needs few of them to an
   * end: a mark or the end itself.
   */
  Output random(OutputFormat format, long seed, int tokensMax) {
    var random = new Random(seed);
    ConstraintState state = compile(format).start();
    var out = new ByteArrayOutputStream();
    for (int i = 0; i < tokensMax; i++) {
      int token = draw(state, random);
      if (tokenizer.endsGeneration(token)) {
        return new Output(out.toString(StandardCharsets.UTF_8), true);
      }
      state.advance(token);
      out.writeBytes(tokenizer.bytes(token));
    }
    return new Output(out.toString(StandardCharsets.UTF_8), false);
  }

  private int draw(ConstraintState state, Random random) {
    float[] logits = new float[tokenizer.vocabularySize()];
    int allowed = state.mask(logits);
    if (allowed == 0) {
      throw new AssertionError("a dead end");
    }
    int[] tokens = new int[allowed];
    int count = 0;
    for (int token = 0; token < logits.length; token++) {
      if (logits[token] == 0) {
        tokens[count++] = token;
      }
    }
    if (count != allowed) {
      throw new AssertionError(count + " tokens are left of " + allowed);
    }
    int[] closing = Arrays.stream(tokens).filter(token -> closes(token)).toArray();
    int[] pool = closing.length > 0 && random.nextInt(3) == 0 ? closing : tokens;
    return pool[random.nextInt(pool.length)];
  }

  private boolean closes(int token) {
    if (tokenizer.endsGeneration(token)) {
      return true;
    }
    byte[] bytes = tokenizer.bytes(token);
    return bytes.length > 0 && "\"]}".indexOf(bytes[0]) >= 0;
  }
}
