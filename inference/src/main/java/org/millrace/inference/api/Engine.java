package org.millrace.inference.api;

import java.util.List;

/**
 * A model loaded on a device, run one batched forward pass at a time: plan, run, apply.
 *
 * <p>Thread-safety: {@link #run} is called by one thread at a time (the engine thread); everything
 * else may be called by any thread.
 */
public interface Engine extends AutoCloseable {
  /** What was loaded: names, sizes, limits. */
  ModelInfo model();

  /** How the engine runs: kernels, threads, and the reason for the choice. */
  DeviceInfo device();

  /** What it has taken of devices that have memory of their own, one after the other. */
  default List<DeviceUse> deviceUse() {
    return List.of();
  }

  /** The model's own tokenizer. */
  Tokenizer tokenizer();

  /** Renders conversations with the file's own chat template. */
  ChatEncoder chat();

  /** Compiles what output is to be kept to. */
  Constraints constraints();

  /** The KV cache's fixed-size blocks. Whoever plans the steps reserves and releases them. */
  KvBlocks blocks();

  /**
   * A sampler for one sequence. It holds the sequence's random state and token counts; {@code
   * promptTokens} seed the repetition penalty.
   *
   * @throws InvalidRequestException when a parameter is out of its range
   */
  Sampler sampler(SamplingParams params, int[] promptTokens);

  /**
   * Runs one forward pass over all sequences of the plan and samples where the plan asks for it.
   * Results do not depend on what else is in the batch.
   *
   * @throws IllegalArgumentException when the plan breaks a limit (tokens, sequences, positions
   *     without a block): a bug of the planner
   * @throws DeviceException when the device fails; where it is lost, every later call fails too
   */
  StepResult run(StepPlan plan);

  @Override
  void close();
}
