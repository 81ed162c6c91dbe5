package org.millrace.demomodel;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.SplittableRandom;
import org.millrace.demomodel.bpe.BpeTrainer;
import org.millrace.demomodel.bpe.Vocabulary;
import org.millrace.demomodel.corpus.CorpusGenerator;
import org.millrace.demomodel.corpus.Message;
import org.millrace.demomodel.evaluation.Evaluation;
import org.millrace.demomodel.evaluation.GreedyDecoder;
import org.millrace.demomodel.evaluation.Questions;
import org.millrace.demomodel.train.Checkpoint;
import org.millrace.demomodel.train.CosineBudget;
import org.millrace.demomodel.train.LlamaForward;
import org.millrace.demomodel.train.LlamaWeights;
import org.millrace.demomodel.train.ModelShape;
import org.millrace.demomodel.train.Sample;
import org.millrace.demomodel.train.Trainer;

/** Trains the demo model from nothing: {@code TrainDemoModel STEPS MINUTES_MAX FOLDER}. */
public final class TrainDemoModel {
  private static final long SEED = 20_261_120;
  private static final float PEAK_RATE = 2.8e-3f;
  private static final int VOCABULARY_SIZE = 2048;
  private static final int VOCABULARY_CONVERSATIONS = 30_000;
  private static final int STEPS_PER_LINE = 50;
  private static final Duration CHECKPOINT_INTERVAL = Duration.ofMinutes(5);
  private static final int CHECKPOINTS_PER_EVALUATION = 3;

  private final Path folder;
  private final CosineBudget budget;
  private Duration nextCheckpoint = CHECKPOINT_INTERVAL;
  private int checkpoints;

  private TrainDemoModel(CosineBudget budget, Path folder) {
    this.budget = budget;
    this.folder = folder;
  }

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 3) {
      throw new IllegalArgumentException("usage: TrainDemoModel STEPS MINUTES_MAX FOLDER");
    }
    long steps = Long.parseLong(arguments[0]);
    var timeMax = Duration.ofMinutes(Long.parseLong(arguments[1]));
    Path folder = Files.createDirectories(Path.of(arguments[2]));
    try (NDManager manager = NDManager.newBaseManager()) {
      var budget = new CosineBudget(steps, timeMax, PEAK_RATE);
      new TrainDemoModel(budget, folder).run(fresh(manager), manager);
    }
  }

  private static Checkpoint.Model fresh(NDManager manager) {
    say("learning the vocabulary from %d conversations".formatted(VOCABULARY_CONVERSATIONS));
    Vocabulary vocabulary = learnVocabulary();
    var shape = ModelShape.demo(vocabulary.size());
    var weights = LlamaWeights.random(shape, manager, new SplittableRandom(SEED));
    return new Checkpoint.Model(vocabulary, shape, weights);
  }

  private void run(Checkpoint.Model model, NDManager manager) {
    var shape = model.shape();
    say("%d tokens, %d parameters".formatted(shape.vocabularySize(), shape.parameters()));
    var corpus = new CorpusGenerator(SEED, Questions.texts());
    var trainer =
        new Trainer(
            shape,
            model.weights(),
            () -> Sample.of(corpus.next(), model.vocabulary()),
            manager,
            InstantSource.system());
    var forward = new LlamaForward(shape, model.weights(), manager);
    var decoder = new GreedyDecoder(forward, model.vocabulary(), manager);
    trainer.train(budget, progress -> report(progress, model, decoder));
    save(model);
    say(Evaluation.of(decoder, Questions.ALL).report());
  }

  private static Vocabulary learnVocabulary() {
    var trainer = new BpeTrainer();
    var corpus = new CorpusGenerator(SEED, Questions.texts());
    for (int i = 0; i < VOCABULARY_CONVERSATIONS; i++) {
      for (Message message : corpus.next().messages()) {
        trainer.add("\n\n" + message.text());
      }
    }
    return trainer.train(VOCABULARY_SIZE);
  }

  private void report(Trainer.Progress progress, Checkpoint.Model model, GreedyDecoder decoder) {
    if (progress.step() % STEPS_PER_LINE == 0) {
      say(
          "step %d, %.1f min, loss %.4f, rate %.5f, %,d tokens, %.0f tokens/s"
              .formatted(
                  progress.step(),
                  progress.elapsed().toSeconds() / 60.0,
                  progress.loss(),
                  progress.rate(),
                  progress.tokens(),
                  progress.tokensPerSecond()));
    }
    if (progress.elapsed().compareTo(nextCheckpoint) >= 0) {
      nextCheckpoint = progress.elapsed().plus(CHECKPOINT_INTERVAL);
      save(model);
      checkpoints++;
      if (checkpoints % CHECKPOINTS_PER_EVALUATION == 0) {
        say(Evaluation.of(decoder, Questions.ALL).report());
      }
    }
  }

  private void save(Checkpoint.Model model) {
    try {
      Checkpoint.save(folder.resolve("weights.checkpoint"), model);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("the checkpoint cannot be written to " + folder, e);
    }
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
