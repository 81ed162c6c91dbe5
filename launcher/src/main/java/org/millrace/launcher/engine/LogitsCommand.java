package org.millrace.launcher.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.Tokenizer;
import org.millrace.launcher.console.LaunchException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace logits}. */
@Command(
    name = "logits",
    description = "The logits of the last position, after exactly these tokens; nothing is added.",
    mixinStandardHelpOptions = true)
public final class LogitsCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Mixin private EngineSettings settings = new EngineSettings();

  @Option(
      names = "--tokens",
      required = true,
      paramLabel = "1,2,3",
      converter = TokenIds.Converter.class,
      description = "Ids with commas between")
  private TokenIds tokens = TokenIds.NONE;

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "How many of the largest to print; default: ${DEFAULT-VALUE}")
  private int top = 10;

  @Option(
      names = "--out",
      paramLabel = "FILE.f32",
      description = "Write all logits there, as little-endian float32")
  private @Nullable Path out;

  @Option(names = "--json", description = "Print one JSON object")
  private boolean json;

  /** Keeps the logits it is shown. */
  private static final class Keeper implements Sampler {
    private float[] kept = {};

    @Override
    public SampledToken sample(float[] logits) {
      kept = logits.clone();
      return new SampledToken(0, Float.NaN, List.of());
    }
  }

  @Override
  public Integer call() throws IOException {
    if (tokens.count() == 0 || top < 0) {
      throw new ParameterException(
          java.util.Objects.requireNonNull(spec).commandLine(),
          tokens.count() == 0
              ? "--tokens names no token; give at least one"
              : "--top is " + top + "; give 0 or more");
    }
    try (Engine engine = settings.load(tokens.count(), 1)) {
      tokens.check(engine.model().vocabularySize());
      float[] logits = compute(engine);
      if (out != null) {
        write(out, logits);
      }
      print(logits, engine.tokenizer());
    }
    return 0;
  }

  private float[] compute(Engine engine) {
    var keeper = new Keeper();
    try (var run = new Run(engine, 512);
        var patience = Patience.with("computing")) {
      run.add(tokens.ids(), tokens.count(), keeper);
      while (run.waiting() > 0) {
        run.step();
        patience.at(tokens.count() - run.waiting() + " of " + tokens.count() + " tokens");
      }
    }
    return keeper.kept;
  }

  private static void write(Path file, float[] logits) throws IOException {
    var bytes = ByteBuffer.allocate(logits.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(logits);
    try {
      Files.write(file, bytes.array());
    } catch (IOException unwritable) {
      throw new LaunchException(file + ": cannot be written: " + unwritable, unwritable);
    }
  }

  private void print(float[] logits, Tokenizer tokenizer) {
    List<Integer> best =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer id) -> -logits[id]))
            .limit(top)
            .toList();
    if (json) {
      Output.json(object(best, logits, tokenizer));
      return;
    }
    for (int id : best) {
      Output.line(String.format(Locale.ROOT, "%d\t%.6f\t%s", id, logits[id], tokenizer.piece(id)));
    }
  }

  private Map<String, Object> object(List<Integer> best, float[] logits, Tokenizer tokenizer) {
    var list = new ArrayList<Map<String, Object>>();
    for (int id : best) {
      var one = new LinkedHashMap<String, Object>();
      one.put("token", id);
      one.put("logit", logits[id]);
      one.put("piece", tokenizer.piece(id));
      list.add(one);
    }
    var object = new LinkedHashMap<String, Object>();
    object.put("tokens", tokens.count());
    object.put("vocabulary_size", logits.length);
    object.put("top", list);
    return object;
  }
}
