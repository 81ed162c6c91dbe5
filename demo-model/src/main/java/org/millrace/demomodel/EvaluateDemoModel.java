package org.millrace.demomodel;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.millrace.demomodel.corpus.Message;
import org.millrace.demomodel.evaluation.EngineRespondent;
import org.millrace.demomodel.evaluation.Evaluation;
import org.millrace.demomodel.evaluation.GreedyDecoder;
import org.millrace.demomodel.evaluation.Questions;
import org.millrace.demomodel.evaluation.Respondent;
import org.millrace.demomodel.train.Checkpoint;
import org.millrace.demomodel.train.LlamaForward;
import org.millrace.inference.api.Engine;
import org.millrace.inference.api.EngineOptions;
import org.millrace.inference.api.Engines;

/**
 * Asks a model the twenty questions, or those given: {@code EvaluateDemoModel MODEL [QUESTION
 * ...]}.
 *
 * <p>A {@code .gguf} file is asked through Millrace's own engine, a checkpoint through the
 * trainer's forward pass. Ends with status 1 if the model is not good enough to be bundled.
 */
public final class EvaluateDemoModel {
  private static final int RIGHT_MIN = 17;
  private static final int TOKENS_MAX = 220;

  private EvaluateDemoModel() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length == 0) {
      throw new IllegalArgumentException("usage: EvaluateDemoModel MODEL [QUESTION ...]");
    }
    Path model = Path.of(arguments[0]);
    List<String> questions = Arrays.asList(arguments).subList(1, arguments.length);
    boolean good =
        arguments[0].endsWith(".gguf") ? file(model, questions) : checkpoint(model, questions);
    System.exit(good ? 0 : 1);
  }

  private static boolean file(Path model, List<String> questions) {
    try (Engine engine = Engines.load(model, EngineOptions.defaults())) {
      return ask(new EngineRespondent(engine), questions);
    }
  }

  private static boolean checkpoint(Path file, List<String> questions) throws IOException {
    try (NDManager manager = NDManager.newBaseManager()) {
      Checkpoint.Model model = Checkpoint.load(file, manager);
      var forward = new LlamaForward(model.shape(), model.weights(), manager);
      return ask(new GreedyDecoder(forward, model.vocabulary(), manager), questions);
    }
  }

  private static boolean ask(Respondent respondent, List<String> questions) {
    questions.forEach(question -> ask(respondent, question));
    return !questions.isEmpty() || evaluate(respondent);
  }

  private static boolean evaluate(Respondent respondent) {
    Evaluation evaluation = Evaluation.of(respondent, Questions.ALL);
    System.out.print(evaluation.report());
    return evaluation.right() >= RIGHT_MIN && evaluation.ended() == Questions.ALL.size();
  }

  private static void ask(Respondent respondent, String question) {
    var reply = respondent.reply(List.of(new Message(Message.USER, question)), TOKENS_MAX);
    System.out.printf("%s%s%n    %s%n", question, reply.ended() ? "" : " (cut)", reply.text());
  }
}
