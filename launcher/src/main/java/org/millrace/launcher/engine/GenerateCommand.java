package org.millrace.launcher.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.ChatEncoder;
import org.millrace.inference.api.Conversation;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.SamplingParams;
import org.millrace.inference.api.Tokenizer;
import org.millrace.launcher.console.LaunchException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace generate}. */
@Command(
    name = "generate",
    description =
        "Run a model in the terminal. The text goes to stdout as it comes, the speed to stderr at the end.",
    mixinStandardHelpOptions = true)
public final class GenerateCommand implements Callable<Integer> {
  private static final int STEP_TOKENS_MAX = 512;
  private static final int GUESSES_MAX = 64;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private EngineSettings settings = new EngineSettings();

  @Option(
      names = "--prompt",
      required = true,
      paramLabel = "TEXT",
      description = "What to say to the model")
  private String prompt = "";

  @Option(names = "--system", paramLabel = "TEXT", description = "A system message before it")
  private @Nullable String system;

  @Option(
      names = "--raw",
      description = "Continue the text as it stands, without the file's chat template")
  private boolean raw;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Most tokens to generate; default: ${DEFAULT-VALUE}")
  private int maxTokens = 256;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 (the most likely token each time) to 2; default: ${DEFAULT-VALUE}")
  private float temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Draw from the most likely tokens that sum to this; default: ${DEFAULT-VALUE}")
  private float topP = 1;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "The same seed draws the same tokens; default: ${DEFAULT-VALUE}")
  private long seed;

  @Option(
      names = "--speculate",
      paramLabel = "N",
      description =
          "Guess up to N tokens ahead from what was said before and compute them in one step; the text is the same with any N; default: ${DEFAULT-VALUE}")
  private int speculate;

  @Mixin private FormatOptions format = new FormatOptions();

  @Override
  public Integer call() {
    if (maxTokens < 1) {
      throw new ParameterException(
          java.util.Objects.requireNonNull(spec).commandLine(),
          "--max-tokens is " + maxTokens + "; give at least 1");
    }
    if (speculate < 0 || speculate > GUESSES_MAX) {
      throw new ParameterException(
          java.util.Objects.requireNonNull(spec).commandLine(),
          "--speculate is %d; it lies between 0 and %d".formatted(speculate, GUESSES_MAX));
    }
    int[] tokens = promptTokens(settings.model);
    if (tokens.length == 0) {
      throw new LaunchException("the prompt has no tokens; give a --prompt with text");
    }
    long context = ModelFiles.contextTokens(settings.model);
    if (tokens.length >= context) {
      throw new LaunchException(
          "the prompt has %d tokens; the model's context is %d, and at least one must be left"
              .formatted(tokens.length, context));
    }
    int room = (int) Math.min(context, (long) tokens.length + maxTokens);
    try (Engine engine = settings.load(room, 1)) {
      var speed = new Speed(tokens.length);
      generate(engine, tokens, room, speed);
      System.err.println(speed.report(engine));
    }
    return 0;
  }

  private int[] promptTokens(Path model) {
    ChatEncoder chat = ModelFiles.chat(model);
    if (raw || !chat.hasTemplate()) {
      return ModelFiles.tokenizer(model).encode(prompt, true, false);
    }
    Map<String, Object> user = Map.of("role", "user", "content", prompt);
    List<Map<String, Object>> messages =
        system == null ? List.of(user) : List.of(Map.of("role", "system", "content", system), user);
    return chat.encode(new Conversation(messages, List.of(), true));
  }

  private void generate(Engine engine, int[] tokens, int room, Speed speed) {
    var params =
        new SamplingParams(temperature, 0, topP, 0, 1, 0, 0, seed, Map.of(), false, 0)
            .withConstraint(format.constraint(engine.constraints()));
    Tokenizer.TextStream stream = engine.tokenizer().stream();
    try (var run = new Run(engine, STEP_TOKENS_MAX, speculate)) {
      run.add(tokens, room, engine.sampler(params, tokens));
      List<SampledToken> drawn = prompt(run, tokens.length);
      speed.promptDone();
      while (show(engine, drawn, stream, speed) && tokens.length + speed.generated < room) {
        drawn = run.step().getFirst();
      }
    }
    Output.line(stream.finish());
    speed.done();
  }

  /** Returns whether the model has more to say. */
  private static boolean show(
      Engine engine, List<SampledToken> drawn, Tokenizer.TextStream stream, Speed speed) {
    speed.steps++;
    for (SampledToken token : drawn) {
      speed.generated++;
      if (engine.tokenizer().endsGeneration(token.token())) {
        speed.end = "end of turn";
        return false;
      }
      Output.text(stream.append(token.token()));
    }
    return true;
  }

  private static List<SampledToken> prompt(Run run, int length) {
    try (var patience = Patience.with("reading the prompt")) {
      while (true) {
        List<SampledToken> drawn = run.step().getFirst();
        if (!drawn.isEmpty()) {
          return drawn;
        }
        patience.at(length - run.waiting() + " of " + length + " tokens");
      }
    }
  }

  /** Counts and times of one generation. */
  private static final class Speed {
    private final int promptTokens;
    private final long startNanos = System.nanoTime();
    private long promptNanos;
    private long decodeNanos;
    private int generated;
    private int steps;
    private String end = "most tokens reached";

    Speed(int promptTokens) {
      this.promptTokens = promptTokens;
    }

    void promptDone() {
      promptNanos = System.nanoTime() - startNanos;
    }

    void done() {
      decodeNanos = System.nanoTime() - startNanos - promptNanos;
    }

    String report(Engine engine) {
      // The first token came with the prompt.
      return String.format(
          Locale.ROOT,
          "prompt %d tokens in %.2f s (%.1f tokens/s), generated %d in %.2f s and %d steps (%.1f tokens/s), %s; %s kernels, %d threads",
          promptTokens,
          promptNanos / 1e9,
          promptTokens * 1e9 / promptNanos,
          generated,
          decodeNanos / 1e9,
          steps,
          Math.max(0, generated - 1) * 1e9 / Math.max(1, decodeNanos),
          end,
          engine.device().kernels(),
          engine.device().threads());
    }
  }
}
