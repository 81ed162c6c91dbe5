package org.millrace.launcher.engine;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.Tokenizer;
import org.millrace.launcher.console.LaunchException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace perplexity}. */
@Command(
    name = "perplexity",
    description =
        "How well a model foretells a text: e to the mean negative logarithm of the probability it gives to each token; less is better. The text is read"
            + " in windows, and the second half of each counts, as llama.cpp's llama-perplexity does it, so that the figures compare.",
    mixinStandardHelpOptions = true)
public final class PerplexityCommand implements Callable<Integer> {
  private static final int STEP_TOKENS_MAX = 512;
  private static final int CONTEXT_MIN = 8;
  private static final int CONTEXT_MAX = 1 << 20;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private EngineSettings settings = new EngineSettings();

  @Option(
      names = "--file",
      required = true,
      paramLabel = "TEXT",
      description = "The text in UTF-8, taken to the last character; - for stdin")
  private Path file = Path.of("");

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "Tokens of a window; default: ${DEFAULT-VALUE}")
  private int context = 512;

  @Option(
      names = "--chunks",
      paramLabel = "N",
      description = "Read so many windows at most; default: all that the text fills")
  private int chunks = Integer.MAX_VALUE;

  @Option(names = "--json", description = "Print one JSON object")
  private boolean json;

  @Override
  public Integer call() {
    require("--context", context, CONTEXT_MIN, CONTEXT_MAX);
    require("--chunks", chunks, 1, Integer.MAX_VALUE);
    require("--threads", settings.threads, 1, Integer.MAX_VALUE);
    String text = TextFile.read(file);
    try (Engine engine = settings.load(context, 1)) {
      if (context > engine.model().contextTokens()) {
        throw new LaunchException(
            "--context is %d; the model's context is %d tokens"
                .formatted(context, engine.model().contextTokens()));
      }
      int[] tokens = tokens(text, engine.tokenizer());
      if (tokens.length < context) {
        throw new LaunchException(
            "%s: has %d tokens; a window of --context %d needs as many; give a longer text or a smaller window"
                .formatted(file, tokens.length, context));
      }
      print(engine, tokens.length, Math.min(chunks, tokens.length / context), tokens);
    }
    return 0;
  }

  private void require(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new ParameterException(
          Objects.requireNonNull(spec).commandLine(),
          value < least
              ? "%s is %d; give at least %d".formatted(option, value, least)
              : "%s is %d; give at most %d".formatted(option, value, most));
    }
  }

  private int[] tokens(String text, Tokenizer tokenizer) {
    try (var patience = Patience.with("tokenizing " + file)) {
      patience.at(text.length() + " characters");
      return tokenizer.encode(text, true, false);
    }
  }

  private void print(Engine engine, int tokens, int windows, int[] text) {
    var scorer = new TextScorer(engine, STEP_TOKENS_MAX);
    long start = System.nanoTime();
    try (var patience = Patience.with("reading")) {
      for (int i = 0; i < windows; i++) {
        scorer.read(window(text, i, engine.tokenizer()));
        patience.at(
            String.format(
                Locale.ROOT,
                "window %d of %d, perplexity %.4f",
                i + 1,
                windows,
                scorer.perplexity()));
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    if (json) {
      Output.json(object(engine, scorer, tokens, windows, seconds));
    } else {
      Output.line(
          String.format(
              Locale.ROOT,
              "%.4f +/- %.5f over %d windows of %d tokens",
              scorer.perplexity(),
              scorer.uncertainty(),
              windows,
              context));
    }
  }

  /** A model that wants BOS before every text gets it in the place of the first token. */
  private int[] window(int[] text, int index, Tokenizer tokenizer) {
    int[] window = Arrays.copyOfRange(text, index * context, (index + 1) * context);
    int[] empty = tokenizer.encode("", true, false);
    if (empty.length > 0 && tokenizer.bos().isPresent() && empty[0] == tokenizer.bos().getAsInt()) {
      window[0] = empty[0];
    }
    return window;
  }

  private Map<String, Object> object(
      Engine engine, TextScorer scorer, int tokens, int windows, double seconds) {
    var object = new LinkedHashMap<String, Object>();
    object.put("perplexity", scorer.perplexity());
    object.put("uncertainty", scorer.uncertainty());
    object.put("mean_negative_log_likelihood", scorer.meanSurprise());
    object.put("tokens", tokens);
    object.put("context", context);
    object.put("chunks", windows);
    object.put("scored_tokens", scorer.scored());
    object.put("seconds", Math.round(seconds * 1000) / 1000.0);
    object.put(
        "tokens_per_second", Math.round((double) windows * context / seconds * 1000) / 1000.0);
    object.put("device", engine.device().device());
    object.put("kernels", engine.device().kernels());
    return object;
  }
}
