package org.millrace.webapi.openai;

/** JSON has no infinity. */
final class Logprobs {
  /** What OpenAI's API gives for a token that is as good as impossible. */
  private static final float IMPOSSIBLE = -9999.0f;

  private Logprobs() {}

  static float finite(float logprob) {
    return Float.isFinite(logprob) ? logprob : IMPOSSIBLE;
  }
}
